"""Examples/bulk/ray_embed.py on a local cluster, where actors die and raise."""

import json
import os
import subprocess
import sys

import pyarrow as pa
import pytest
import ray

import ray_embed
from conftest import EXAMPLES, FILES, check_output, command, running, wait_until

MODEL = "ray-test"


@pytest.fixture
def cluster():
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, runtime_env={"working_dir": str(EXAMPLES)},
             object_store_memory=100_000_000)
    yield
    ray.shutdown()


def failing(witness):
    """Embeds, but fails once at file 0 (its process ends) and once at file 1, each in the middle of writing."""

    class Failing(ray_embed.FileEmbedder):
        def __call__(self, row):
            self.file = os.path.basename(row["file"])
            return super().__call__(row)

        def embed(self, batch, schema):
            result = super().embed(batch, schema)
            mark = os.path.join(witness, f"failed-{self.file}")
            if self.file in ("part-0.parquet", "part-1.parquet") and not os.path.exists(mark):
                open(mark, "w").close()
                if self.file == "part-0.parquet":
                    os._exit(1)
                raise OSError("as the test wants")
            return result

    return Failing


def test_every_id_is_written_once(cluster, source, expected, tmp_path):
    target = tmp_path / "target"
    arguments = {"command": command(MODEL), "batch_size": 16}
    assert ray_embed.run(str(source), str(target), arguments, actors=2, embedder=failing(str(tmp_path))) == FILES
    assert (tmp_path / "failed-part-0.parquet").exists() and (tmp_path / "failed-part-1.parquet").exists()
    assert sorted(os.listdir(target)) == ["_SUCCESS"] + [f"part-{number}.parquet" for number in range(FILES)]
    check_output(target, expected)
    # Run again, it does what is missing.
    (target / "part-2.parquet").unlink()
    assert ray_embed.run(str(source), str(target), arguments) == 1
    check_output(target, expected)
    ray.shutdown()
    wait_until(lambda: running(MODEL) == 0)


def test_a_wrong_request_ends_the_job(cluster, server, source, tmp_path):
    arguments = {"server": f"http://127.0.0.1:{server.port}", "request": {"dimensions": 7}}
    with pytest.raises(Exception, match="dimensions"):
        ray_embed.run(str(source), str(tmp_path / "target"), arguments)
    assert not (tmp_path / "target/_SUCCESS").exists()


def test_the_command_asks_a_running_server(server, source, expected, tmp_path):
    (tmp_path / "source").mkdir()
    rows = pa.parquet.read_table(source).to_pylist()
    (tmp_path / "source/texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    subprocess.run(
        [sys.executable, EXAMPLES / "ray_embed.py", tmp_path / "source", tmp_path / "target",
         "--server", f"http://127.0.0.1:{server.port}"],
        check=True, capture_output=True, timeout=300,
    )
    check_output(tmp_path / "target", expected)
