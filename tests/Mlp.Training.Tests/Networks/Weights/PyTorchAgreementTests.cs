using Mlp.TestSupport;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Weights;
using Mlp.Training.Tests.Networks.Layers;

namespace Mlp.Training.Tests.Networks.Weights;

/// <summary>A saved network is loaded by PyTorch, name by name, and computes the same there.</summary>
public sealed class PyTorchAgreementTests : IDisposable
{
    private const string Read =
        """
        import torch, json, struct
        def load(path):
            raw = open(path, 'rb').read()
            n = struct.unpack('<Q', raw[:8])[0]
            head = json.loads(raw[8:8 + n])
            kinds = {'F32': np.float32, 'I64': np.int64}
            return {k: torch.from_numpy(np.frombuffer(raw[8 + n + v['data_offsets'][0]:8 + n + v['data_offsets'][1]], kinds[v['dtype']]).reshape(v['shape']).copy())
                    for k, v in head.items() if k != '__metadata__'}
        class Chain(torch.nn.Module):
            def __init__(self, *layers):
                super().__init__()
                for i, layer in enumerate(layers):
                    self.add_module(str(i), layer)
            def forward(self, x):
                for layer in self.children():
                    x = layer(x, x, x)[0] if isinstance(layer, torch.nn.MultiheadAttention) else layer(x)
                    x = x[0] if isinstance(x, tuple) else x
                return x

        """;

    private readonly TempDirectory _directory = new();

    public PyTorchAgreementTests() => Torch.EnsureLoaded();

    public void Dispose() => _directory.Dispose();

    [PyTorchFact]
    public void Save_ConvolutionalNetwork_ComputesTheSameInPyTorch()
        => Agrees(
            new NetworkDefinition(
                Layer.Reshape(3, 6, 6), Layer.Conv2d(8, 3, 2, 1, bias: false), Layer.BatchNorm(), Layer.Gelu(), Layer.GroupNorm(4), Layer.PRelu(perChannel: true), Layer.AdaptiveAvgPool(2, 2),
                Layer.Flatten(), Layer.LayerNorm(), Layer.Linear(5), Layer.Elu(0.5), Layer.Output()),
            108,
            "torch.nn.Unflatten(1, (3, 6, 6)), torch.nn.Conv2d(3, 8, 3, 2, 1, bias=False), torch.nn.BatchNorm2d(8), torch.nn.GELU(), torch.nn.GroupNorm(4, 8), torch.nn.PReLU(8), "
                + "torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten(), torch.nn.LayerNorm(32), torch.nn.Linear(32, 5), torch.nn.ELU(0.5), torch.nn.Linear(5, 2)");

    [PyTorchFact]
    public void Save_SequenceNetwork_ComputesTheSameInPyTorch()
        => Agrees(
            new NetworkDefinition(
                Layer.Reshape(5, 6), Layer.Lstm(4, 2, bidirectional: true), Layer.Gru(6), Layer.MultiheadAttention(2),
                Layer.TransformerEncoder(2, Layer.TransformerEncoderLayer(3, 10, activation: Activation.Gelu, normFirst: true), finalNorm: true), Layer.TransformerEncoderLayer(2, 7),
                Layer.Flatten(), Layer.Output()),
            30,
            "torch.nn.Unflatten(1, (5, 6)), torch.nn.LSTM(6, 4, 2, batch_first=True, bidirectional=True), torch.nn.GRU(8, 6, batch_first=True), "
                + "torch.nn.MultiheadAttention(6, 2, batch_first=True), "
                + "torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(6, 3, 10, activation='gelu', norm_first=True, batch_first=True), 2, torch.nn.LayerNorm(6)), "
                + "torch.nn.TransformerEncoderLayer(6, 2, 7, batch_first=True), torch.nn.Flatten(), torch.nn.Linear(30, 2)");

    private void Agrees(NetworkDefinition definition, int width, string layers)
    {
        using var network = LayeredNetwork.Build(definition, width, [], 2, seed: 4);
        network.Train();
        var rows = LayerAgreement.Numbers(new SeededRandom(9), 4 * width);
        LayerAgreement.Forward(network, rows, null, 4);
        network.Evaluate();
        var path = _directory.Combine("weights.safetensors");
        NetworkWeightFile.Save(network, path);

        var found = ScikitLearn.Run(
            $"{Read}\nmodel = Chain({layers})\nmodel.load_state_dict(load('{path}'), strict=True)\nmodel.eval()\nwith torch.no_grad(): out['y'] = model(torch.tensor(x.reshape(4, {width})).float()).numpy()",
            ("x", rows.Select(r => (double)r)))["y"];

        var expected = LayerAgreement.Forward(network, rows, null, 4);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), p => Assert.InRange(Math.Abs(p.First - p.Second), 0, LayerAgreement.Tolerance * Math.Max(1, Math.Abs(p.First))));
    }
}
