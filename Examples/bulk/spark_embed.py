#!/usr/bin/env python3
"""Embeds a table of (id, text) with Apache Spark into a table of (id, embedding).

    spark-submit --py-files embed_client.py spark_embed.py SOURCE TARGET --binary embed-server --model NAME_OR_ID=DIR
    spark-submit --py-files embed_client.py spark_embed.py SOURCE TARGET --server http://embed:8080

SOURCE is a folder of Parquet, or of JSON lines if its name ends with .jsonl. With --binary every executor runs a server
of its own, which its tasks share; with --server all ask that one. docs/cluster.md says what is promised.
"""
import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql.types import ArrayType, FloatType, StructField, StructType

import embed_client


def embedder(server=None, command=None, request=None, key=None):
    """A function for mapInArrow: batches of (id, text) in, batches of (id, embedding) out."""

    def find_server():
        # This folder is the executor's own, and shared by its tasks.
        return server or embed_client.shared_server(command, SparkFiles.getRootDirectory())

    def embed(batches):
        client = embed_client.EmbedClient(find_server, request, key)
        for batch in batches:
            vectors = client.embed(batch.column("text").to_pylist())
            yield pa.RecordBatch.from_arrays([batch.column("id"), vectors], ["id", "embedding"])

    return embed


def run(spark, source, target, function, batch_size=256):
    """Reads, embeds, writes. Spark's committer lets one attempt of every task through, and writes _SUCCESS last."""
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", batch_size)  # a batch is a request
    read = spark.read.schema("id string, text string").json if source.endswith(".jsonl") else spark.read.parquet
    table = read(source).select("id", "text")
    schema = StructType([table.schema["id"], StructField("embedding", ArrayType(FloatType()))])
    table.mapInArrow(function, schema).write.parquet(target)


def main():
    options = embed_client.argument_parser(__doc__).parse_args()
    spark = SparkSession.builder.appName("embed").getOrCreate()
    run(spark, options.source, options.target, embedder(**embed_client.embedder_arguments(options)))


if __name__ == "__main__":
    main()
