"""The engines that are compared. Each has `embed(name, ids, texts)`: unit vectors, one a row, in the order given.

Peers get token ids, padded to the longest of a batch of 16 inputs of like length, and run on `threads` threads. The server
gets the texts over HTTP: it tokenizes, and its answer is decoded, within the time measured.
"""
import base64
import contextlib
import http.client
import json
import os
import sys

import numpy as np
import torch

from workload import batches

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import process, free_port  # noqa: E402

# What an engine computes with.
UNMERGED, PLAIN = "adapter unmerged", "no adapter"

TASKS = {"query": "retrieval.query", "passage": "retrieval.passage", "mixed": "retrieval.passage"}


class Server:
    """embed-server, adapter active, a connection for each request."""

    name, setting = "embed-server", "adapter active, texts over HTTP"

    def __init__(self, binary, folder, threads):
        self.port = free_port()
        command = [binary, "serve", "--port", str(self.port), "--threads", str(threads), "--log-level", "error",
                   "--model", f"model={folder}"]
        self.stack = contextlib.ExitStack()
        # Rounds repeat their texts, and what is measured is computing.
        self.stack.enter_context(process(command, self.port, "/readyz", {"EMBED_CACHE_BYTES": "0"}))

    def embed(self, name, ids, texts):
        body = json.dumps({"model": "model", "input": texts, "task": TASKS[name], "embedding_type": "base64"})
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port)) as connection:
            connection.request("POST", "/v1/embeddings", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        if response.status != 200:
            raise SystemExit(answer.decode())
        return np.stack([np.frombuffer(base64.b64decode(item["embedding"]), "<f4") for item in json.loads(answer)["data"]])

    def close(self):
        self.stack.close()


class Padded:
    """An engine for rectangular batches: a subclass has `hidden(ids, mask)`, `[rows, tokens, width]`."""

    def embed(self, name, ids, texts):
        vectors = [None] * len(ids)
        for batch in batches(ids):
            longest = max(len(ids[index]) for index in batch)
            padded = np.zeros((len(batch), longest), np.int64)
            mask = np.zeros_like(padded)
            for row, index in enumerate(batch):
                padded[row, :len(ids[index])] = ids[index]
                mask[row, :len(ids[index])] = 1
            hidden = self.hidden(padded, mask)
            for row, index in enumerate(batch):
                vector = hidden[row, len(ids[index]) - 1]
                vectors[index] = vector / np.linalg.norm(vector)
        return np.stack(vectors)

    def close(self):
        pass


class Torch(Padded):
    """PyTorch in float32 with the adapter unmerged (PEFT), as the authors' own server runs it on CPUs."""

    name, setting = "PyTorch f32", UNMERGED

    def __init__(self, folder, threads):
        torch.set_num_threads(threads)
        self.model = backbone(folder, adapter=True)

    def hidden(self, ids, mask):
        with torch.inference_mode():
            return self.model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))[0].numpy()

    @contextlib.contextmanager
    def without_adapter(self):
        """The checkpoint alone, to compare engines with that run it without an adapter."""
        with self.model.disable_adapter():
            yield self


class ONNXRuntime(Padded):
    """ONNX Runtime over an export, without adapter unless asked for one."""

    name = "ONNX Runtime f32"

    def __init__(self, folder, threads, cache, adapter=False):
        import onnxruntime

        self.setting = UNMERGED if adapter else PLAIN
        path = f"{cache}/{os.path.basename(folder.rstrip('/'))}/{'adapter' if adapter else 'model'}.onnx"
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            dynamic = {0: "rows", 1: "tokens"}
            torch.onnx.export(
                Hidden(backbone(folder, adapter)), example(), path, input_names=["ids", "mask"], output_names=["hidden"],
                dynamic_axes={"ids": dynamic, "mask": dynamic, "hidden": dynamic}, opset_version=18, dynamo=False,
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def hidden(self, ids, mask):
        return self.session.run(None, {"ids": ids, "mask": mask})[0]


class OpenVINO(Padded):
    """OpenVINO over a conversion, without adapter unless asked for one; float32 asked for."""

    name = "OpenVINO f32"

    def __init__(self, folder, threads, adapter=False):
        import openvino

        self.setting = UNMERGED if adapter else PLAIN
        shape = openvino.PartialShape([-1, -1])
        ids, mask = example()
        with torch.no_grad():
            model = openvino.convert_model(
                Hidden(backbone(folder, adapter)), example_input={"input_ids": ids, "attention_mask": mask},
                input=[("input_ids", shape), ("attention_mask", shape)],
            )
        self.compiled = openvino.Core().compile_model(model, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32",
        })

    def hidden(self, ids, mask):
        return self.compiled({"input_ids": ids, "attention_mask": mask})[0]


class LlamaCpp:
    """llama.cpp over an F16 GGUF without adapter, one sequence at a time: it has no padding, and gains nothing from more."""

    name, setting = "llama.cpp f16", PLAIN

    def __init__(self, gguf, threads):
        import llama_cpp

        self.library = llama_cpp
        self.model = llama_cpp.Llama(
            gguf, embedding=True, n_ctx=512, n_batch=512, n_ubatch=512, n_threads=threads, n_threads_batch=threads,
            pooling_type=llama_cpp.LLAMA_POOLING_TYPE_LAST, verbose=False,
        )

    def embed(self, name, ids, texts):
        vectors = []
        for row in ids:
            self.model._batch.reset()
            self.model._batch.add_sequence(row, 0, True)
            self.model._ctx.kv_cache_clear()
            self.model._ctx.decode(self.model._batch)
            values = self.library.llama_get_embeddings_seq(self.model._ctx.ctx, 0)
            vector = np.array(values[:self.model.n_embd()], np.float32)
            vectors.append(vector / np.linalg.norm(vector))
        return np.stack(vectors)

    def close(self):
        pass


class Hidden(torch.nn.Module):
    """Ids and mask to last hidden states: what is exported."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask)[0]


def example():
    ids = torch.ones(2, 9, dtype=torch.long)
    mask = torch.ones_like(ids)
    mask[1, 7:] = 0
    return ids, mask


def backbone(folder, adapter=False):
    """The checkpoint as transformers has it, in float32: Qwen3 where q and k are normalised, else EuroBERT.

    With the adapter for retrieval unmerged beside it (PEFT), if that is asked for.
    """
    from safetensors.torch import load_file
    from transformers import EuroBertConfig, EuroBertModel, Qwen3Config, Qwen3Model

    weights = {name.removeprefix("model."): value.float() for name, value in load_file(f"{folder}/model.safetensors").items()}
    fields = json.load(open(f"{folder}/config.json"))
    for name in ("auto_map", "model_type", "architectures", "task_names", "torch_dtype"):
        fields.pop(name, None)
    is_qwen3 = "layers.0.self_attn.q_norm.weight" in weights
    configuration_type, model_type = (Qwen3Config, Qwen3Model) if is_qwen3 else (EuroBertConfig, EuroBertModel)
    model = model_type(configuration_type(**{**fields, "use_cache": False}, attn_implementation="sdpa"))
    missing, unexpected = model.load_state_dict(weights, strict=False)
    unused = [name for name in missing if "rotary" not in name] + [name for name in unexpected if name != "lm_head.weight"]
    if unused:
        raise SystemExit(f"{folder}: tensors do not match: {unused[:5]}")
    if adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, f"{folder}/adapters/retrieval")
    return model.eval()
