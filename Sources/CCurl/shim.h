// libcurl, whose options are set through variadic functions that Swift does not import.
#ifndef CCURL_SHIM_H
#define CCURL_SHIM_H

#define CURL_DISABLE_TYPECHECK 1
#include <curl/curl.h>

/// Takes octets of a body or one header line; returns how many it took, fewer end the transfer.
typedef size_t (*ccurl_sink)(char *octets, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

/// The list must live as long as the transfer.
static inline CURLcode ccurl_set_fields(CURL *handle, struct curl_slist *fields) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields);
}

/// Makes the transfer a POST of a copy of `octets`.
static inline CURLcode ccurl_set_body(CURL *handle, const void *octets, size_t count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, octets) : code;
}

/// Hands header lines and body to functions that get `context`.
static inline void ccurl_set_sinks(CURL *handle, ccurl_sink header, ccurl_sink body, void *context) {
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}

/// Has libcurl describe failures in `buffer`, of CURL_ERROR_SIZE octets.
static inline void ccurl_set_error_buffer(CURL *handle, char *buffer) {
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, buffer);
}

/// The status of the last response; 0 before there is one.
static inline long ccurl_status(CURL *handle) {
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

#endif
