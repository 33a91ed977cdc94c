using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Export;
using Mlp.Training.Hosting;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>A network that has been trained, in libtorch's memory, with the rows it was trained on. Scoring is thread-safe; dispose of it when it is exported.</summary>
public sealed class TrainedNetwork : IFittedModel
{
    private const int BatchSize = 4096;

    private readonly FeedForwardNetwork _network;
    private readonly NetworkLink _link;
    private bool _isDisposed;

    internal TrainedNetwork(
        FeedForwardNetwork network,
        NetworkLink link,
        FeatureEncoding encoding,
        LabelledRows rows,
        EncodedRows encoded,
        int trainingCount,
        TrainingSetManifest manifest,
        TrainingPosition position)
    {
        (_network, _link) = (network, link);
        (Encoding, Rows, Encoded, TrainingCount) = (encoding, rows, encoded, trainingCount);
        (Manifest, History, BestEpoch, Steps) = (manifest, position.History, position.BestEpoch, position.Step);
    }

    /// <summary>The features it takes, in order.</summary>
    public IReadOnlyList<FeatureColumn> Features => Encoding.Layout.Columns;

    /// <summary>What it was trained on.</summary>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public ModelTask Task => _link.Task;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => Rows.ClassNames;

    /// <inheritdoc/>
    public int ScoreCount => _link.Outputs;

    /// <summary>One entry per epoch.</summary>
    public IReadOnlyList<TrainingProgress> History { get; }

    /// <summary>The epoch whose weights it has, from 1.</summary>
    public int BestEpoch { get; }

    /// <summary>Steps that training took.</summary>
    public long Steps { get; }

    /// <summary>How many rows, the first by time, it was trained on; the others validated.</summary>
    public int TrainingCount { get; }

    internal FeatureEncoding Encoding { get; }

    internal LabelledRows Rows { get; }

    internal EncodedRows Encoded { get; }

    /// <summary>Scores the rows of a batch.</summary>
    /// <param name="batch">A column per feature, found by name; other columns do not matter. Null where a value is not present.</param>
    /// <returns>Shape (rows, <see cref="ScoreCount"/>), row-major: the probability of class 1, the probability of each class, or a number in the label's unit.</returns>
    /// <exception cref="TrainingDataException">A feature's column is missing or of another type.</exception>
    /// <exception cref="ObjectDisposedException">The network was disposed of.</exception>
    public float[] Predict(RecordBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return Predict(Encoding.Encode(FeatureTable.Of(batch, Features)));
    }

    /// <summary>
    /// Writes the network and its preprocessing as one ONNX file and proves it: ONNX Runtime scores the validation rows (the training rows where there are none), and the largest
    /// |file − network| / max(1, |network|) is stored with the model.
    /// </summary>
    /// <param name="options">What the model says of its outputs; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the proof.</param>
    /// <returns>The model; it does not need the network any more.</returns>
    /// <exception cref="ExportRefusedException">The difference is above 0.0001.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    /// <exception cref="ObjectDisposedException">The network was disposed of.</exception>
    public TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        return TracedWork.Run(
            TrainingActivities.Start(TrainingSpans.Export), () => ExportProved(options, cancellationToken), static (span, model) => span.SetTag("bytes", model.Onnx.Length));
    }

    private TrainedModel ExportProved(ExportOptions options, CancellationToken cancellationToken)
    {
        var output = new ModelOutput
        {
            Task = Task,
            ScoreOutput = OnnxExporter.ScoreOutput,
            ClassNames = [.. options.ClassNames],
            DecisionThreshold = options.DecisionThreshold,
            LabelDefinition = options.LabelDefinition,
            LabelUnit = options.LabelUnit,
        };
        var onnx = OnnxExporter.Write(Encoding, Describe(), Manifest);
        var scores = Predict(Encoded);
        var start = TrainingCount < Rows.RowCount ? TrainingCount : 0;
        return new TrainedModel
        {
            Onnx = onnx,
            Features = Features,
            Output = output,
            ExportProof = OnnxExporter.Prove(onnx, Rows.Table, start, scores.AsSpan(start), output, cancellationToken),
            GoldenRows = GoldenRowSample.Take(onnx, Rows.Table, start, options.GoldenRowCount, output, cancellationToken),
            FeatureService = Manifest.FeatureService,
            TrainingSet = Manifest,
            ReferenceProfile = TrainingProfile.Create(Rows.Table, Encoding, scores).ToJson(),
        };
    }

    /// <summary>Frees the network's native memory.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _network.Dispose();
        }
    }

    internal float[] Predict(EncodedRows rows)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var scores = new float[checked(rows.RowCount * ScoreCount)];
        using var gradients = torch.no_grad();
        for (var done = 0; done < rows.RowCount; done += BatchSize)
        {
            using var scope = torch.NewDisposeScope();
            var size = Math.Min(BatchSize, rows.RowCount - done);
            var batch = torch.empty([size, rows.Width], torch.float32, torch.CPU);
            rows.Copy(done, size, FlatParameters.Floats(batch));
            FlatParameters.Floats(_link.Apply(_network.Forward(batch, null)).contiguous()).CopyTo(scores.AsSpan(done * ScoreCount));
        }

        return scores;
    }

    internal IReadOnlyList<NetworkLayer> Describe()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return
        [
            .. _network.Describe(),
            Task == ModelTask.BinaryClassification ? new NetworkLayer.Sigmoid() : new NetworkLayer.Affine(_link.Scale.Factor, _link.Scale.Offset),
        ];
    }
}
