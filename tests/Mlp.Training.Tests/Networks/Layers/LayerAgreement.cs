using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Onnx;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Networks.Layers;

/// <summary>Runs a network in libtorch and its export in ONNX Runtime on the same rows.</summary>
internal static class LayerAgreement
{
    public const double Tolerance = 1e-5;

    /// <summary>Largest |file − network| / max(1, |network|) over batches of 1, 2 and 7 rows.</summary>
    public static double Difference(NetworkDefinition definition, int width, int outputs, int seed, IReadOnlyList<int>? cardinalities = null, int opset = OnnxGraphBuilder.DefaultOpset)
    {
        IdColumn[] ids = [.. (cardinalities ?? []).Select((c, i) => new IdColumn($"id{i}", c))];
        using var network = LayeredNetwork.Build(definition, width, ids, outputs, seed);
        var random = new SeededRandom((ulong)seed);
        Disturb(network, random);
        network.Evaluate();
        using var session = new InferenceSession(Export(network, width, ids.Length, outputs, opset));
        return new[] { 1, 2, 7 }.Max(rows => Difference(network, session, rows, width, ids, random));
    }

    public static byte[] Export(LayeredNetwork network, int width, int ids, int outputs, int opset = OnnxGraphBuilder.DefaultOpset)
    {
        var graph = new OnnxGraphBuilder("network", opset);
        var dense = width > 0 ? graph.AddInput("dense", OnnxDataType.Float32, OnnxGraphBuilder.Batch, width) : null;
        var idInput = ids > 0 ? graph.AddInput("ids", OnnxDataType.Int64, OnnxGraphBuilder.Batch, ids) : null;
        var output = graph.AddNode("Identity", [network.Write(graph, new EncodedInputs(dense, idInput))], output: "output");
        graph.AddOutput(output, OnnxDataType.Float32, OnnxGraphBuilder.Batch, outputs);
        return graph.Build();
    }

    /// <summary>Outputs of a network in service.</summary>
    public static float[] Forward(TrainableNetwork network, float[]? dense, long[]? ids, int rows)
    {
        using var gradients = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var x = dense is null ? null : torch.tensor(dense, [rows, dense.Length / rows], torch.float32, torch.CPU);
        var i = ids is null ? null : torch.tensor(ids, [rows, ids.Length / rows], torch.int64, torch.CPU);
        return Floats(network.Forward(x, i).contiguous()).ToArray();
    }

    public static Span<float> Floats(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.bytes);

    public static float[] Numbers(SeededRandom random, int count, double scale = 2)
        => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() + random.NextDouble() - 1) * scale))];

    private static double Difference(LayeredNetwork network, InferenceSession session, int rows, int width, IdColumn[] ids, SeededRandom random)
    {
        var dense = width > 0 ? Numbers(random, rows * width) : null;
        var idValues = ids.Length > 0 ? Enumerable.Range(0, rows * ids.Length).Select(i => (long)random.NextInt(ids[i % ids.Length].Cardinality)).ToArray() : null;
        var expected = Forward(network, dense, idValues, rows);

        List<string> names = [];
        List<OrtValue> values = [];
        if (dense is not null)
        {
            names.Add("dense");
            values.Add(OrtValue.CreateTensorValueFromMemory(dense, [rows, width]));
        }

        if (idValues is not null)
        {
            names.Add("ids");
            values.Add(OrtValue.CreateTensorValueFromMemory(idValues, [rows, ids.Length]));
        }

        using var options = new RunOptions();
        using var results = session.Run(options, names, values, ["output"]);
        var found = results[0].GetTensorDataAsSpan<float>().ToArray();
        values.ForEach(v => v.Dispose());
        Assert.Equal(expected.Length, found.Length);
        return expected.Zip(found, (e, f) => Math.Abs(e - f) / Math.Max(1, Math.Abs((double)e))).Select(d => double.IsNaN(d) ? double.PositiveInfinity : d).Max();
    }

    // Weights and statistics as after a training: none of them is 0 or 1 by chance.
    private static void Disturb(LayeredNetwork network, SeededRandom random)
    {
        foreach (var (_, parameter) in network.Parameters)
        {
            foreach (ref var value in Floats(parameter))
            {
                value += (float)((random.NextDouble() - 0.5) * 0.2);
            }
        }

        foreach (var (name, buffer) in network.Buffers)
        {
            if (buffer.dtype == torch.float32)
            {
                foreach (ref var value in Floats(buffer))
                {
                    value = (float)(name.EndsWith("running_var", StringComparison.Ordinal) ? 0.5 + random.NextDouble() : random.NextDouble() - 0.5);
                }
            }
        }
    }
}
