using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Export;
using Mlp.Training.Hosting;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>A network that has been trained, in libtorch's memory, with the rows it was trained on. Scoring is thread-safe; dispose of it when it is exported.</summary>
public sealed class TrainedNetwork : IDisposable
{
    private const int BatchSize = 4096;

    private readonly FeedForwardNetwork _network;
    private bool _isDisposed;

    internal TrainedNetwork(
        FeedForwardNetwork network,
        FeatureEncoding encoding,
        LabelledRows rows,
        EncodedRows encoded,
        int trainingCount,
        TrainingSetManifest manifest,
        ModelTask task,
        IReadOnlyList<TrainingProgress> history)
    {
        _network = network;
        (Encoding, Rows, Encoded, TrainingCount) = (encoding, rows, encoded, trainingCount);
        (Manifest, Task, History) = (manifest, task, history);
    }

    /// <summary>The features it takes, in order.</summary>
    public IReadOnlyList<FeatureColumn> Features => Encoding.Layout.Columns;

    /// <summary>What it was trained on.</summary>
    public TrainingSetManifest Manifest { get; }

    /// <summary>What it predicts.</summary>
    public ModelTask Task { get; }

    /// <summary>One entry per epoch.</summary>
    public IReadOnlyList<TrainingProgress> History { get; }

    /// <summary>The epoch whose weights it has, from 1.</summary>
    public int BestEpoch => History[^1].BestEpoch;

    /// <summary>How many rows, the first by time, it was trained on; the others validated.</summary>
    public int TrainingCount { get; }

    internal FeatureEncoding Encoding { get; }

    internal LabelledRows Rows { get; }

    internal EncodedRows Encoded { get; }

    /// <summary>Scores the rows of a batch.</summary>
    /// <param name="batch">A column per feature, found by name; other columns do not matter. Null where a value is not present.</param>
    /// <returns>One score per row: the probability of class 1, or a number in the label's unit.</returns>
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
            ReferenceProfile = TrainingProfile.Create(Rows.Table, Encoding, scores, Holdout.Of(Rows, TrainingCount, scores, output), options.ReferenceQuantileSketch).ToJson(),
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
        var scores = new float[rows.RowCount];
        using var gradients = torch.no_grad();
        for (var done = 0; done < scores.Length; done += BatchSize)
        {
            using var scope = torch.NewDisposeScope();
            var size = Math.Min(BatchSize, scores.Length - done);
            var batch = FeedForwardNetwork.Zeros(size, rows.Width);
            rows.Copy(done, size, FeedForwardNetwork.Floats(batch));
            FeedForwardNetwork.Floats(_network.Score(batch).contiguous()).CopyTo(scores.AsSpan(done));
        }

        return scores;
    }

    internal IReadOnlyList<NetworkLayer> Describe()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _network.Describe();
    }
}
