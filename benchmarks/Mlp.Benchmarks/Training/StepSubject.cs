using Apache.Arrow;
using Apache.Arrow.Types;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;
using static TorchSharp.torch;

namespace Mlp.Benchmarks.Training;

/// <summary>A network and rows to train it on, step by step: ours from Arrow, and the same in TorchSharp by hand. Not thread-safe.</summary>
internal sealed class StepSubject : IDisposable
{
    /// <summary>Rows of a batch.</summary>
    public const int BatchRows = 128;

    /// <summary>Rows in all.</summary>
    public const int RowCount = 64 * BatchRows;

    private readonly NetworkTraining _training;
    private readonly LayeredNetwork _network;
    private BatchLoader _loader;

    private StepSubject(int width, int classes, NetworkDefinition definition, Func<nn.Module<Tensor, Tensor>> create)
    {
        Torch.EnsureLoaded();
        set_num_threads(1);
        (Width, Classes, CreateByHand) = (width, classes, create);
        var (encoded, rows) = Encode(width, classes);
        var task = classes > 1 ? ModelTask.MulticlassClassification : ModelTask.BinaryClassification;
        var settings = NetworkSettings.From(new NetworkOptions { Task = task, Definition = definition, BatchSize = BatchRows, MaxEpochs = 100_000, ValidationShare = 0 });
        Values = new float[RowCount * width];
        encoded.Copy(0, RowCount, Values);
        Labels = rows.Labels.ToArray();
        _network = LayeredNetwork.Build(definition, width, [], classes > 1 ? classes : 1, seed: 1);
        _network.Train();
        _training = new(_network, settings, new MemoryBatches(encoded, TrainingTargets.Of(rows, 0, RowCount, new TargetScale(1, 0), []), settings.Options), null, NullLogger.Instance, TimeProvider.System);
        _loader = _training.Load();
        ParameterCount = _network.Parameters.Sum(p => p.Value.numel());
    }

    /// <summary>Inputs of the network.</summary>
    public int Width { get; }

    /// <summary>Classes; 1 for a binary problem.</summary>
    public int Classes { get; }

    /// <summary>Numbers that are trained.</summary>
    public long ParameterCount { get; }

    /// <summary>The rows, shape (rows, width).</summary>
    public float[] Values { get; }

    /// <summary>A class per row.</summary>
    public double[] Labels { get; }

    /// <summary>Makes the same network of TorchSharp's modules.</summary>
    public Func<nn.Module<Tensor, Tensor>> CreateByHand { get; }

    /// <summary>Four linear layers.</summary>
    public static StepSubject Mlp() => new(
        64,
        1,
        new(Layer.Linear(768), Layer.Relu(), Layer.Linear(768), Layer.Relu(), Layer.Linear(256), Layer.Relu(), Layer.Output()),
        () => nn.Sequential(nn.Linear(64, 768), nn.ReLU(), nn.Linear(768, 768), nn.ReLU(), nn.Linear(768, 256), nn.ReLU(), nn.Linear(256, 1)));

    /// <summary>Two convolutions over images of 28 by 28.</summary>
    public static StepSubject Convolutions() => new(
        784,
        10,
        new(
            Layer.Reshape(1, 28, 28), Layer.Conv2d(8, 3), Layer.Relu(), Layer.MaxPool2d(2), Layer.Conv2d(16, 3), Layer.Relu(), Layer.MaxPool2d(2), Layer.Flatten(), Layer.Output()),
        () => nn.Sequential(
            nn.Unflatten(1, [1, 28, 28]), nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 10)));

    /// <summary>Takes one of our steps, as the training loop does.</summary>
    public void Step()
    {
        if (_training.Position.Batch == _training.BatchCount)
        {
            (_training.Position.Epoch, _training.Position.Batch) = (_training.Position.Epoch + 1, 0);
        }

        _training.TakeStep(_loader, CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loader.Dispose();
        _training.Dispose();
        _network.Dispose();
    }

    /// <summary>Random rows.</summary>
    public static (EncodedRows Encoded, LabelledRows Rows) Encode(int width, int classes)
    {
        var random = new Random(20_261_128);
        var fields = new List<Field>();
        var columns = new List<IArrowArray>();
        for (var column = 0; column < width; column++)
        {
            fields.Add(new Field($"x{column}", FloatType.Default, nullable: true));
            columns.Add(new FloatArray.Builder().AppendRange(Enumerable.Range(0, RowCount).Select(_ => random.NextSingle())).Build());
        }

        fields.Add(new Field("label", FloatType.Default, nullable: true));
        columns.Add(new FloatArray.Builder().AppendRange(Enumerable.Range(0, RowCount).Select(i => (float)(i % Math.Max(2, classes)))).Build());
        var features = fields.Take(width).Select(f => new FeatureColumn(f.Name, FeatureType.Float32, "rows")).ToList();
        var set = new ArrowTrainingSet([new(new Schema(fields, metadata: null), columns, RowCount)], features, "label");
        var rows = LabelledRows.ReadAsync(set, features, RowReading.Numbers, CancellationToken.None).GetAwaiter().GetResult();
        return (FeatureEncoding.Learn(rows.Table, RowCount, new()).Encode(rows.Table), rows);
    }
}
