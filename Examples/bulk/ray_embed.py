#!/usr/bin/env python3
"""Embeds files of (id, text) with Ray Data into files of (id, embedding).

    python ray_embed.py SOURCE TARGET --binary embed-server --model NAME_OR_ID=DIR --actors 4
    python ray_embed.py SOURCE TARGET --server http://embed:8080

SOURCE is a folder of Parquet, or of JSON lines files (.jsonl); TARGET a folder on storage that all nodes reach. Every
actor runs a server of its own, or all ask the one of --server. Every input file becomes one output file of the same
name; run the job again, and it does the files that are missing. docs/cluster.md says what is promised.
"""
import os
import shutil
import tempfile
import uuid

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import ray

import embed_client

TEMPORARY = "_temporary"  # readers of a folder pass over names that begin so


class FileEmbedder:
    """An actor: one server, one file at a time."""

    def __init__(self, target, server=None, command=None, request=None, key=None, batch_size=256):
        self.target, self.batch_size = target, batch_size
        self.folder = tempfile.TemporaryDirectory(prefix="embed-server-")
        find_server = lambda: server or embed_client.shared_server(command, self.folder.name)
        self.client = embed_client.EmbedClient(find_server, request, key)

    def __call__(self, row):
        """Embeds `row["file"]`; the output appears under its name in one step, whole."""
        temporary = os.path.join(self.target, TEMPORARY, uuid.uuid4().hex)
        format = "json" if row["file"].endswith(".jsonl") else "parquet"
        source = pa.dataset.dataset(row["file"], format=format)
        schema = pa.schema([source.schema.field("id"), ("embedding", pa.list_(pa.float32()))])
        with pa.parquet.ParquetWriter(temporary, schema) as writer:
            for batch in source.to_batches(columns=["id", "text"], batch_size=self.batch_size):
                writer.write_batch(self.embed(batch, schema))
        os.rename(temporary, output_path(self.target, row["file"]))
        return row

    def embed(self, batch, schema):
        vectors = self.client.embed(batch.column("text").to_pylist())
        return pa.RecordBatch.from_arrays([batch.column("id"), vectors], schema=schema)


def output_path(target, file):
    return os.path.join(target, os.path.splitext(os.path.basename(file))[0] + ".parquet")


def run(source, target, arguments, actors=1, cpus=1, embedder=FileEmbedder):
    """Embeds the files that have no output yet, then writes _SUCCESS; returns how many there were."""
    success = os.path.join(target, "_SUCCESS")
    if os.path.exists(success):
        os.remove(success)
    os.makedirs(os.path.join(target, TEMPORARY), exist_ok=True)
    files = sorted(os.path.join(source, name) for name in os.listdir(source) if name.endswith((".parquet", ".jsonl")))
    if len({output_path(target, file) for file in files}) < len(files):
        raise ValueError(f"two files of {source} differ only in their suffix")
    missing = [{"file": file} for file in files if not os.path.exists(output_path(target, file))]
    # Lost nodes and actors are replaced by themselves. Tasks are tried again after errors of disk and network, not
    # after a request that is wrong.
    ray.data.DataContext.get_current().actor_task_retry_on_errors = [OSError]
    if missing:
        ray.data.from_items(missing, override_num_blocks=len(missing)).map(
            embedder,
            fn_constructor_args=(target,),
            fn_constructor_kwargs=arguments,
            compute=ray.data.ActorPoolStrategy(size=actors),
            num_cpus=cpus,
        ).materialize()
    shutil.rmtree(os.path.join(target, TEMPORARY))  # what attempts that failed have left
    open(success, "w").close()
    return len(missing)


def main():
    parser = embed_client.argument_parser(__doc__)
    parser.add_argument("--actors", type=int, default=1, help="how many; one for each node is right")
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    ray.init(runtime_env={"working_dir": here}, log_to_driver=False)
    arguments = embed_client.embedder_arguments(options)
    print(f"{run(options.source, options.target, arguments, options.actors, options.threads)} files embedded")


if __name__ == "__main__":
    main()
