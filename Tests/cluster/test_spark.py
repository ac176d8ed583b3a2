"""Examples/bulk/spark_embed.py on a cluster of two executors, one of which is killed."""

import json
import os
import subprocess
import sys

import pyarrow as pa
import pytest
from pyspark import TaskContext
from pyspark.sql import SparkSession

import spark_embed
from conftest import EXAMPLES, check_output, command, running, wait_until

MODEL = "spark-test"


@pytest.fixture
def spark(monkeypatch):
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.files.minPartitionNum", "8")  # every file a task
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    for file in ("embed_client.py", "spark_embed.py"):
        session.sparkContext.addPyFile(str(EXAMPLES / file))
    yield session
    session.stop()


def failing(function, witness):
    """The first attempt of task 0 raises, that of task 1 takes its executor along, both after their first batch."""

    def embed(batches):
        task = TaskContext.get()
        for batch in function(batches):
            yield batch
            if task.attemptNumber() == 0 and task.partitionId() in (0, 1):
                with open(os.path.join(witness, f"failed-{task.partitionId()}"), "w"):
                    pass
                if task.partitionId() == 0:
                    raise OSError("as the test wants")
                with open(f"/proc/{os.getppid()}/stat") as stat:
                    os.kill(int(stat.read().rsplit(")")[-1].split()[1]), 9)  # the JVM that started Python's daemon

    return embed


def test_every_id_is_written_once(spark, source, expected, tmp_path):
    function = failing(spark_embed.embedder(command=command(MODEL)), str(tmp_path))
    target = tmp_path / "target"
    spark_embed.run(spark, str(source), str(target), function, batch_size=16)
    assert (tmp_path / "failed-0").exists() and (tmp_path / "failed-1").exists()
    assert (target / "_SUCCESS").exists()
    check_output(target, expected)
    assert 1 <= running(MODEL) <= 2
    spark.stop()
    wait_until(lambda: running(MODEL) == 0)


def test_the_command_asks_a_running_server(server, source, expected, tmp_path):
    table = pa.parquet.read_table(source).to_pylist()
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in table))
    subprocess.run(
        ["spark-submit", "--master", "local[1]", "--conf", "spark.driver.bindAddress=127.0.0.1",
         "--py-files", EXAMPLES / "embed_client.py", EXAMPLES / "spark_embed.py",
         tmp_path / "texts.jsonl", tmp_path / "target", "--server", f"http://127.0.0.1:{server.port}"],
        check=True, capture_output=True, timeout=300,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},
    )
    check_output(tmp_path / "target", expected)
