import Foundation
import Testing

@testable import InferenceCore

/// Checkpoints with one fault each: the error has to name the file and the fault.
@Suite struct BrokenCheckpointTests {
    struct Fault: CustomTestStringConvertible {
        let testDescription: String
        var checkpoint = "nano"
        let damage: @Sendable (Checkpoint) throws -> Void
        let file: String
        let says: String
    }

    /// A copy of a tiny checkpoint that may be damaged.
    struct Checkpoint {
        let path: String

        func replace(_ name: String, _ old: String, with new: String) throws {
            let file = URL(filePath: path + "/" + name)
            var data = try Data(contentsOf: file)
            let range = try #require(data.range(of: Data(old.utf8)), "\(old) is not in \(name)")
            data.replaceSubrange(range, with: Data(new.utf8))
            try data.write(to: file)
        }

        func truncate(_ name: String, by count: Int) throws {
            let file = URL(filePath: path + "/" + name)
            try Data(contentsOf: file).dropLast(count).write(to: file)
        }

        func overwrite(_ name: String, at offset: Int, _ bytes: [UInt8]) throws {
            let file = URL(filePath: path + "/" + name)
            var data = try Data(contentsOf: file)
            data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            try data.write(to: file)
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(atPath: path + "/" + name)
        }

        func copy(_ name: String, from checkpoint: String) throws {
            try remove(name)
            try FileManager.default.copyItem(
                atPath: Fixtures.path("jina/\(checkpoint)/\(name)"),
                toPath: path + "/" + name
            )
        }
    }

    private static let adapter = "adapters/retrieval/adapter_model.safetensors"
    private static let adapterConfiguration = "adapters/retrieval/adapter_config.json"

    static let faults: [Fault] = [
        Fault(
            testDescription: "truncated weights",
            damage: { try $0.truncate("model.safetensors", by: 1000) },
            file: "model.safetensors",
            says: "damaged or cut off"
        ),
        Fault(
            testDescription: "bad header length",
            damage: { try $0.overwrite("model.safetensors", at: 0, [255, 255, 255, 255, 255, 0, 0, 0]) },
            file: "model.safetensors",
            says: "its header claims"
        ),
        Fault(
            testDescription: "header that is no JSON",
            damage: { try $0.overwrite("model.safetensors", at: 8, [0x21]) },
            file: "model.safetensors",
            says: "its header is not JSON"
        ),
        Fault(
            testDescription: "wrong shape",
            damage: { try $0.replace("model.safetensors", #""shape":[128,64]"#, with: #""shape":[64,128]"#) },
            file: "model.safetensors",
            says: "expected [128, 64]"
        ),
        Fault(
            testDescription: "missing tensor",
            damage: { try $0.replace("model.safetensors", "layers.1.mlp.up_proj", with: "layers.1.mlp.op_proj") },
            file: "model.safetensors",
            says: "layers.1.mlp.up_proj.weight is missing"
        ),
        Fault(
            testDescription: "no weights",
            damage: { try $0.remove("model.safetensors") },
            file: "model.safetensors",
            says: "cannot be opened"
        ),
        Fault(
            testDescription: "unknown architecture",
            damage: { try $0.replace("config.json", #""jina_embeddings_v5""#, with: #""roberta""#) },
            file: "config.json",
            says: "\"roberta\" is not supported"
        ),
        Fault(
            testDescription: "unknown activation",
            damage: { try $0.replace("config.json", #""silu""#, with: #""relu""#) },
            file: "config.json",
            says: "\"hidden_act\": \"relu\" is not supported"
        ),
        Fault(
            testDescription: "scaled rotary embedding",
            damage: {
                try $0.replace("config.json", #""rope_scaling": null"#, with: #""rope_scaling": {"rope_type":"yarn"}"#)
            },
            file: "config.json",
            says: "rope_scaling.rope_type"
        ),
        Fault(
            testDescription: "size that is no number",
            damage: { try $0.replace("config.json", #""hidden_size": 64"#, with: #""hidden_size": "x""#) },
            file: "config.json",
            says: "\"hidden_size\": expected a positive whole number"
        ),
        Fault(
            testDescription: "config.json that is no JSON",
            damage: { try $0.truncate("config.json", by: 5) },
            file: "config.json",
            says: "is not JSON"
        ),
        Fault(
            testDescription: "tokenizer of another vocabulary",
            checkpoint: "small",
            damage: { try $0.copy("tokenizer.json", from: "nano") },
            file: "tokenizer.json",
            says: "belongs to another model"
        ),
        Fault(
            testDescription: "no tokenizer",
            damage: { try $0.remove("tokenizer.json") },
            file: "tokenizer.json",
            says: "cannot be"
        ),
        Fault(
            testDescription: "adapter of another model",
            damage: { try $0.copy(adapter, from: "small") },
            file: adapter,
            says: "expected"
        ),
        Fault(
            testDescription: "adapter whose rank is not its configuration's",
            damage: { try $0.replace(adapterConfiguration, #""r": 8"#, with: #""r": 4"#) },
            file: adapter,
            says: "expected [4, 64]"
        ),
        Fault(
            testDescription: "adapter with half of an update",
            damage: { try $0.replace(adapter, "layers.0.mlp.up_proj.lora_A", with: "layers.0.mlp.up_proj.lora_C") },
            file: adapter,
            says: "lora_A.weight is missing"
        ),
        Fault(
            testDescription: "adapter for a layer that is not there",
            damage: {
                try $0.replace(adapter, "layers.0.mlp.up_proj.lora_A", with: "layers.7.mlp.up_proj.lora_A")
                try $0.replace(adapter, "layers.0.mlp.up_proj.lora_B", with: "layers.7.mlp.up_proj.lora_B")
            },
            file: adapter,
            says: "belongs to no layer"
        ),
        Fault(
            testDescription: "adapter that is missing",
            damage: { try $0.remove("adapters/clustering") },
            file: "adapters/clustering/adapter_config.json",
            says: "lists clustering"
        ),
        Fault(
            testDescription: "DoRA",
            damage: { try $0.replace(adapterConfiguration, #""use_dora": false"#, with: #""use_dora": true"#) },
            file: adapterConfiguration,
            says: "\"use_dora\": is not supported"
        ),
        Fault(
            testDescription: "adapter of another kind",
            damage: { try $0.replace(adapterConfiguration, #""LORA""#, with: #""IA3""#) },
            file: adapterConfiguration,
            says: "\"IA3\" is not supported"
        ),
        Fault(
            testDescription: "adapter with trained biases",
            damage: { try $0.replace(adapterConfiguration, #""bias": "none""#, with: #""bias": "all""#) },
            file: adapterConfiguration,
            says: "\"bias\": \"all\" is not supported"
        ),
        Fault(
            testDescription: "regular expression in rank_pattern",
            damage: {
                try $0.replace(adapterConfiguration, #""rank_pattern": {}"#, with: #""rank_pattern": {".*q": 2}"#)
            },
            file: adapterConfiguration,
            says: "regular expressions are not supported"
        ),
        Fault(
            testDescription: "pooling that is not built",
            checkpoint: "nano-retrieval",
            damage: {
                try $0.replace(
                    "1_Pooling/config.json",
                    #""pooling_mode_max_tokens": false"#,
                    with: #""pooling_mode_max_tokens": true"#
                )
            },
            file: "1_Pooling/config.json",
            says: "pooling_mode_max_tokens"
        ),
        Fault(
            testDescription: "no pooling named",
            checkpoint: "nano-retrieval",
            damage: { try $0.remove("modules.json") },
            file: "modules.json",
            says: "it says how to pool"
        ),
    ]

    @Test("one clear error", arguments: faults)
    func refuses(_ fault: Fault) throws {
        let folder = TemporaryDirectory()
        let path = folder.path + "/" + fault.checkpoint
        try FileManager.default.copyItem(atPath: Fixtures.path("jina/\(fault.checkpoint)"), toPath: path)
        _ = try EmbeddingModel(directory: path, id: "sound")
        try fault.damage(Checkpoint(path: path))
        let error = #expect(throws: CheckpointError.self) { try EmbeddingModel(directory: path, id: "damaged") }
        #expect(error?.file == path + "/" + fault.file)
        #expect(error?.reason.contains(fault.says) == true, "\(error?.description ?? "no error")")
    }

    @Test("rank_pattern, alpha_pattern and rank-stabilised scaling are honoured")
    func adapterScaling() throws {
        let folder = TemporaryDirectory()
        func configuration(_ more: String) throws -> AdapterConfiguration {
            let text = #"{"peft_type":"LORA","r":8,"lora_alpha":16,"target_modules":["q_proj"]\#(more)}"#
            return try AdapterConfiguration(path: folder.write("adapter_config.json", text))
        }
        let name = "layers.0.self_attn.q_proj"
        let plain = try configuration("")
        #expect(plain.scale(of: name) == 2)
        let stabilized = try configuration(#","use_rslora":true"#)
        #expect(stabilized.scale(of: name) == Float(16 / 8.0.squareRoot()))
        let pattern = try configuration(
            #","rank_pattern":{"q_proj":4,"layers.1.mlp.up_proj":2},"alpha_pattern":{"self_attn.q_proj":12}"#
        )
        #expect(pattern.rank(of: name) == 4)
        #expect(pattern.scale(of: name) == 3)
        #expect(pattern.rank(of: "layers.1.mlp.up_proj") == 2)
        #expect(pattern.scale(of: "layers.1.mlp.up_proj") == 8)
        #expect(pattern.rank(of: "layers.11.mlp.up_proj") == 8)
    }
}

/// The self-test has to notice what it is for.
@Suite(.timeLimit(.minutes(1))) struct SelfTestTests {
    private func findings(golden: String?) async throws -> [SelfTest.Finding] {
        let folder = TemporaryDirectory()
        if let golden { _ = folder.write("golden.jsonl", golden) }
        let engine = try JinaTests.engine("nano")
        let findings = try await SelfTest(engine.models[0], of: engine, directory: folder.path).run()
        await engine.shutDown()
        return findings
    }

    private func line(_ vector: [Float], text: String) -> String {
        #"{"text":"\#(text)","task":"clustering","embedding":\#(vector)}"# + "\n"
    }

    @Test("one finding for each task, all passed")
    func passes() async throws {
        let findings = try await findings(golden: nil)
        #expect(findings.map(\.subject) == EmbeddingTask.allCases.map(\.rawValue))
        #expect(findings.filter { !$0.passed }.isEmpty)
    }

    @Test("a golden vector passes where it is the model's, and fails where it is another text's")
    func golden() async throws {
        let engine = try JinaTests.engine("nano")
        let request = EmbeddingWork(inputs: [.text("one")], task: .clustering)
        let vector = try await engine.embed(request, with: engine.models[0]).vectors[0]
        await engine.shutDown()
        let golden = line(vector, text: "one") + line(vector, text: "two")
        let findings = try await findings(golden: golden)
        #expect(findings.suffix(2).map(\.passed) == [true, false])
    }

    @Test(
        "a golden file that cannot be read is an error",
        arguments: [
            "nonsense", #"{"text":"a"}"#, #"{"embedding":[1]}"#, #"{"text":"a","embedding":["x"]}"#,
            #"{"text":"a","embedding":[1],"task":"foo"}"#,
        ]
    )
    func unreadable(golden: String) async throws {
        await #expect(throws: CheckpointError.self) { try await findings(golden: golden) }
    }
}
