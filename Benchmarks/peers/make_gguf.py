#!/usr/bin/env python3
"""Converts a jina-embeddings-v5 checkpoint, without adapters, for llama.cpp.

usage: make_gguf.py LLAMA_CPP_SOURCE CHECKPOINT OUT.gguf      LLAMA_CPP_SOURCE has convert_hf_to_gguf.py
"""
import json
import os
import subprocess
import sys
import tempfile


def main():
    source, checkpoint, output = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(checkpoint):
            if os.path.isfile(f"{checkpoint}/{name}") and name not in ("config.json", "modules.json"):
                os.symlink(os.path.abspath(f"{checkpoint}/{name}"), f"{folder}/{name}")
        fields = json.load(open(f"{checkpoint}/config.json"))
        del fields["auto_map"]
        # Both backbones call themselves jina_embeddings_v5; only Qwen3 has a head size of its own.
        if "head_dim" in fields:
            fields |= {"model_type": "qwen3", "architectures": ["Qwen3Model"]}
        else:
            # The converter refuses EuroBERT's default for classification heads, which are not used.
            fields |= {"model_type": "eurobert", "architectures": ["EuroBertModel"], "classifier_pooling": "mean"}
        write(f"{folder}/config.json", fields)
        write(f"{folder}/modules.json", [{"idx": 0, "name": "0", "path": "1_Pooling", "type": "models.Pooling"}])
        os.mkdir(f"{folder}/1_Pooling")
        write(f"{folder}/1_Pooling/config.json", {"pooling_mode_lasttoken": True})
        command = [sys.executable, f"{source}/convert_hf_to_gguf.py", folder, "--outtype", "f16", "--outfile", output]
        subprocess.run(command, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})


def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file)


main()
