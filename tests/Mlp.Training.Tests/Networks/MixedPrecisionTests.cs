using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

public sealed class MixedPrecisionTests
{
    public MixedPrecisionTests() => Torch.EnsureLoaded();

    [Theory]
    [InlineData(NetworkPrecision.Float32, torch.ScalarType.Float32)]
    [InlineData(NetworkPrecision.BFloat16, torch.ScalarType.BFloat16)]
    [InlineData(NetworkPrecision.Float16, torch.ScalarType.Float16)]
    public void Forward_LinearLayer_ComputesInThatTypeAndGivesFloat32(NetworkPrecision precision, torch.ScalarType expected)
    {
        using var scope = torch.NewDisposeScope();
        using var network = new LinearNetwork(1, 1, 0.5f);
        using var batch = Batch();
        var types = new List<torch.ScalarType>();

        var output = MixedPrecision.Forward(network, batch, precision, (_, y) => types.Add(y.dtype));

        Assert.Equal([expected], types);
        Assert.Equal(torch.ScalarType.Float32, output.dtype);
        Assert.Equal(torch.ScalarType.Float32, network.Forward(torch.ones(1, 1), null).dtype);
    }

    [Theory]
    [InlineData(NetworkPrecision.BFloat16, true, true)]
    [InlineData(NetworkPrecision.Float16, true, true)]
    [InlineData(NetworkPrecision.Float16, true, false)]
    [InlineData(NetworkPrecision.Float16, false, true)]
    public async Task FitAsync_RecurrentLayers_TrainInFloat32BesideNarrowOnes(NetworkPrecision precision, bool isLstm, bool isFirst)
    {
        LayerDefinition[] before = isFirst ? [] : [Layer.Linear(12)];
        NetworkOptions Options(NetworkPrecision precision) => new()
        {
            MaxEpochs = 2,
            BatchSize = 50,
            Seed = 3,
            Precision = precision,
            Definition = new([.. before, Layer.Reshape(4, 3), isLstm ? Layer.Lstm(8) : Layer.Gru(8), Layer.Flatten(), Layer.Output()]),
        };
        var random = new SeededRandom(8);
        var columns = Enumerable.Range(0, 12).Select(_ => Enumerable.Range(0, 300).Select(_ => (float?)random.NextDouble()).ToArray()).ToArray();
        var rows = columns.Select((values, i) => (values, i)).Aggregate(new Rows(), (r, c) => r.Float32($"x{c.i}", c.values))
            .Label("y", [.. columns[0].Zip(columns[1], (a, b) => a + b > 1)]).Set("y");
        using var full = await new NetworkTrainer(Options(NetworkPrecision.Float32)).FitAsync(rows);
        using var mixed = await new NetworkTrainer(Options(precision)).FitAsync(rows);

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.NotEqual(full.Predict(batch), mixed.Predict(batch));
        Assert.All(full.Predict(batch).Zip(mixed.Predict(batch)), p => Assert.Equal(p.First, p.Second, 0.05f));
    }

    [Fact]
    public async Task FitAsync_ModuleWithAnLstm_IsGivenFloat32()
    {
        var types = new List<torch.ScalarType>();
        var options = new NetworkOptions
        {
            MaxEpochs = 1,
            BatchSize = 50,
            Precision = NetworkPrecision.Float16,
            Definition = new(Layer.Linear(12), Layer.Reshape(4, 3), Layer.UserModule("test.lstm", () => new OwnLstm(types)), Layer.Flatten(), Layer.Output()),
        };

        (await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(200, seed: 4))).Dispose();

        Assert.Equal([torch.ScalarType.Float32], types.Distinct());
    }

    private sealed class OwnLstm(List<torch.ScalarType> types) : IUserModule
    {
        private readonly TorchSharp.Modules.LSTM _lstm = torch.nn.LSTM(3, 5, batchFirst: true);

        public TensorShape InferShape(TensorShape input) => TensorShape.OfNumbers(4, 5);

        public IReadOnlyList<UserWeight> Weights(TensorShape input) => [];

        public void Build(TensorShape input, IReadOnlyDictionary<string, torch.Tensor> weights)
        {
        }

        public torch.Tensor Forward(torch.Tensor input, bool isTraining)
        {
            types.Add(input.dtype);
            return _lstm.call(input, null).Item1;
        }

        public void Dispose() => _lstm.Dispose();
    }

    private static TrainingBatch Batch()
    {
        var rows = new Rows().Float32("x", 1f, 2f).Label("y", 1, 2);
        var table = Mlp.Training.Preprocessing.FeatureTable.Of(rows.Batch(), rows.Features);
        var batch = new TrainingBatch(2, 1, 0, isClasses: false, hasWeights: false);
        var set = Mlp.Training.Preprocessing.LabelledRows.Of(rows.Batch(), rows.Set("y").Manifest, Mlp.Training.Preprocessing.RowReading.Numbers);
        batch.Copy(Mlp.Training.Preprocessing.FeatureEncoding.Learn(table, 2, new()).Encode(table), TrainingTargets.Of(set, 0, 2, new TargetScale(1, 0), []), 0, 0, 2);
        return batch;
    }
}
