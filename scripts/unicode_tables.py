"""Writes Sources/InferenceCore/Tokenization/UnicodeTables.swift from the Hugging Face `tokenizers` package itself.

A tokenizer must see Unicode as its model's tokenizer did, and that library mixes versions: categories of its
regular expressions, of its BERT normalizer and its normalization forms all differ, and none is Swift's. So every
code point is put through the library, and what comes out is the table.

    pip install tokenizers==0.23.3
    python scripts/unicode_tables.py
"""
import pathlib, unicodedata
from tokenizers import AddedToken, Regex, Tokenizer, __version__, models, normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).parent.parent / "Sources/InferenceCore/Tokenization/UnicodeTables.swift"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

# Bits of a property set; UnicodeProperties.swift names them again.
LETTER, NUMBER, SPACE, CONTROL, IDEOGRAPH, PUNCTUATION, MARK, CASED, DECOMPOSES, REORDERS, COMPOSES, UNSTABLE, WORD = (
    1 << i for i in range(13))


def bert(**option):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**(off | option)).normalize_str


def matcher(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed").pre_tokenize_str
    return lambda text: not split(text)


clean, ideograph, strip, lower = (
    bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True))
nfd, nfc = normalizers.NFD().normalize_str, normalizers.NFC().normalize_str
letter, number, space = matcher(r"\p{L}"), matcher(r"\p{N}"), matcher(r"\s")
bert_split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def word_test():
    """What single_word takes for part of a word: the token "\ue000" is not found beside such a character."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([AddedToken("\ue000", single_word=True, normalized=False)])
    return lambda text: 1 not in tokenizer.encode("\ue000" + text).ids


def strip_test():
    """What rstrip swallows; must be the same set as the space class."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.add_tokens([AddedToken("\ue000", rstrip=True, normalized=False)])
    return lambda text: len(tokenizer.encode("\ue000" + text).ids) == 1


def combining_classes():
    """Classes of the marks this library reorders; a mark newer than its tables stays where it is."""
    classes = {}
    for c in CODE_POINTS:
        order = unicodedata.combining(chr(c))
        if order:
            other = "\u0300" if order < 230 else "\u0334"
            pair = (other + chr(c)) if order < 230 else (chr(c) + other)
            if nfd(pair) != nfd(pair[0]) + nfd(pair[1]):
                classes[c] = order
    return classes


def compositions(decompositions):
    """Pairs that NFC puts together, Hangul aside (that is arithmetic)."""
    pairs = {}
    for c in decompositions:
        parts = [int(part, 16) for part in unicodedata.decomposition(chr(c)).split()]
        if len(parts) == 2 and nfc(chr(parts[0]) + chr(parts[1])) == chr(c):
            pairs[parts[0], parts[1]] = c
    return pairs


def digits(value, width):
    """Big-endian digits of six bits, as the characters from "0" to "o"."""
    assert 0 <= value < 64 ** width
    return "".join(chr(48 + (value >> 6 * i & 63)) for i in reversed(range(width)))


def trie(values):
    """Three stages: code point >> 12, >> 6 & 63, & 63."""
    blocks, block_ids, middles, middle_ids, top = [], {}, [], {}, []

    def intern(items, pool, ids):
        key = tuple(items)
        if key not in ids:
            ids[key] = len(pool)
            pool.append(key)
        return ids[key]

    leaves = [intern(values[i:i + 64], blocks, block_ids) for i in range(0, 0x110000, 64)]
    for i in range(0, len(leaves), 64):
        top.append(intern(leaves[i:i + 64], middles, middle_ids))
    return (
        "".join(digits(v, 1) for v in top),
        "".join(digits(v, 2) for middle in middles for v in middle),
        "".join(digits(v, 1) for block in blocks for v in block))


def mapping(table):
    """Keys in order, where each one's values start, and the values."""
    keys, starts, values = "", "", ""
    count = 0
    for key, text in sorted(table.items()):
        keys += digits(key, 4)
        starts += digits(count, 3)
        values += "".join(digits(ord(c), 4) for c in text)
        count += len(text)
    return keys, starts + digits(count, 3), values


def main():
    classes = combining_classes()
    decompositions, lowercase, flags = {}, {}, {}
    word, strips = word_test(), strip_test()
    for c in CODE_POINTS:
        text = chr(c)
        hangul = 0xAC00 <= c < 0xD7A4
        if nfd(text) != text and not hangul:
            decompositions[c] = nfd(text)
        if lower(text) != text:
            lowercase[c] = lower(text)
        assert strips(text) == space(text), hex(c)
        assert (clean(text) == " ") == (space(text) and clean(text) != "") or c == 0x20, hex(c)
        flags[c] = (
            LETTER * letter(text) | NUMBER * number(text) | SPACE * space(text) | CONTROL * (clean(text) == "")
            | IDEOGRAPH * (ideograph(text) != text) | PUNCTUATION * (len(bert_split("a" + text + "a")) == 3)
            | MARK * (strip(text) == "") | CASED * (c in lowercase) | DECOMPOSES * (nfd(text) != text)
            | REORDERS * (c in classes) | UNSTABLE * (nfc(text) != text) | WORD * word(text))
    pairs = compositions(decompositions)
    seconds = {second for _, second in pairs} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    for c in seconds:
        flags[c] |= COMPOSES
    sets = sorted(set(flags.values()))
    top, middle, leaf = trie([sets.index(flags.get(c, 0)) for c in range(0x110000)])
    decomposition, lowercasing = mapping(decompositions), mapping(lowercase)
    ranges = []
    for c, order in sorted(classes.items()):
        if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == order:
            ranges[-1][1] = c
        else:
            ranges.append([c, c, order])
    tables = [
        ("top", "First stage of the property trie, by code point >> 12.", top),
        ("middle", "Second stage, by code point >> 6 & 63; two digits.", middle),
        ("leaf", "Third stage, by code point & 63: an index into `propertySets`.", leaf),
        ("propertySets", "The different sets of properties; three digits.", "".join(digits(s, 3) for s in sets)),
        ("decompositionKeys", "Code points with a canonical decomposition, Hangul aside; four digits.", decomposition[0]),
        ("decompositionStarts", "Where each key's values start; three digits.", decomposition[1]),
        ("decompositionValues", "Code points; four digits.", decomposition[2]),
        ("lowercaseKeys", "Code points with another lower case; four digits.", lowercasing[0]),
        ("lowercaseStarts", "Where each key's values start; three digits.", lowercasing[1]),
        ("lowercaseValues", "Code points; four digits.", lowercasing[2]),
        ("compositions", "First, second and composed code point, four digits each, in order.",
         "".join(digits(v, 4) for (a, b), c in sorted(pairs.items()) for v in (a, b, c))),
        ("combiningClasses", "First, last code point (four digits) and class (two), in order.",
         "".join(digits(a, 4) + digits(b, 4) + digits(order, 2) for a, b, order in ranges)),
    ]
    lines = [
        f"// Written by scripts/unicode_tables.py from tokenizers {__version__}. Do not edit.",
        "", "/// Unicode as the reference tokenizer library knows it, in base 64 digits \"0\" to \"o\", most significant first.",
        "///", "/// String literals lie in the read-only part of the binary: they cost nothing at start-up.",
        "enum UnicodeTables {"]
    for name, text, data in tables:
        lines += [f"    /// {text}", f"    static let {name}: StaticString = #\"\"\""]
        lines += [f"        {data[i:i + 100]}\\#" for i in range(0, len(data), 100)]
        lines[-1] = lines[-1][:-2]
        lines += ["        \"\"\"#"]
    OUT.write_text("\n".join(lines + ["}", ""]))
    print(f"{OUT}: {OUT.stat().st_size} bytes, {len(sets)} property sets, {len(pairs)} compositions")


main()
