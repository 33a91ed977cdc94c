using System.Collections.ObjectModel;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Export;
using Mlp.Training.Hosting;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Weights;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>A network that has been trained, in libtorch's memory, with the rows it was trained on. Scoring is thread-safe; dispose of it when it is exported.</summary>
public sealed class TrainedNetwork : IFittedModel, IExportable
{
    private readonly LayeredNetwork _network;
    private readonly NetworkLink _link;
    private readonly UseCounter _uses;

    internal TrainedNetwork(LayeredNetwork network, NetworkLink link, FeatureEncoding encoding, TrainingRows rows, EncodedRows encoded, TrainingPosition position)
    {
        (_network, _link, _uses) = (network, link, new(this, network.Dispose));
        (Encoding, Rows, Encoded, TrainingCount, TrainedRowCount) = (encoding, rows.Training, encoded, rows.TrainingCount, rows.TrainedCount);
        UnseenStart = rows.TrainingCount;
        (Manifest, History, BestEpoch, Steps, Replicas) = (rows.Manifest, position.History, position.BestEpoch, position.Step, position.Replicas);
    }

    /// <summary>The features it takes, in order.</summary>
    public IReadOnlyList<FeatureColumn> Features => Encoding.Layout.Columns;

    /// <summary>Its layers.</summary>
    public NetworkDefinition Definition => _network.Definition;

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

    /// <summary>What the steps were made of where replicas trained together: since training began, or went on from a checkpoint. Null for one alone.</summary>
    public DataParallelReport? Replicas { get; }

    /// <summary>How many of the rows in memory, the first by time, it was trained on; the others validated. Of a stream, rows of the sample.</summary>
    public int TrainingCount { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters { get; internal init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>How many rows it was trained on, those of a stream included.</summary>
    public long TrainedRowCount { get; }

    IExportSource IExportable.Source => new NetworkExportSource(this, _network, _link);

    LabelledRows IExportable.Rows => Rows;

    int IExportable.UnseenStart => UnseenStart;

    /// <summary>What tells it from every other model, without keeping its memory.</summary>
    internal object Identity { get; } = new();

    /// <summary>The first of the last rows that are known not to have trained its weights; the number of rows where they began with a file's, as nobody knows which rows trained these.</summary>
    internal int UnseenStart { get; init; }

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
    /// <exception cref="ExportRefusedException">The difference is above the tolerance.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with ONNX Runtime's native library.</exception>
    /// <exception cref="ObjectDisposedException">The network was disposed of.</exception>
    public TrainedModel Export(ExportOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        return _uses.Use(() => TracedWork.Run(
            TrainingActivities.Start(TrainingSpans.Export),
            () => OnnxExporter.Create(((IExportable)this).Source, Rows, UnseenStart < Rows.RowCount ? UnseenStart : 0, Manifest, options, cancellationToken),
            static (span, model) => span.SetTag("bytes", model.Onnx.Length)));
    }

    /// <summary>
    /// Writes weights and running statistics as a safetensors file under PyTorch's names, whole or not at all. They come in again by <see cref="NetworkOptions.InitialWeights"/>.
    /// </summary>
    /// <param name="path">The file; its directory exists.</param>
    /// <param name="type">How floating-point numbers are stored: F32, F16 or BF16.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced. Default false.</param>
    /// <exception cref="ArgumentException">The type is another one.</exception>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    /// <exception cref="ObjectDisposedException">The network was disposed of.</exception>
    public void SaveWeights(string path, SafetensorsType type = SafetensorsType.F32, bool overwrite = false)
    {
        _uses.Use(() =>
        {
            NetworkWeightFile.Save(_network, path, type, new Dictionary<string, string> { ["mlp.network"] = Definition.ToJson(), ["mlp.training_set.sha256"] = Manifest.ContentHash }, overwrite);
            return true;
        });
    }

    /// <summary>Frees the network's native memory. Scoring and exports that have begun go on to their end first.</summary>
    public void Dispose() => _uses.Dispose();

    internal float[] Predict(EncodedRows rows) => _uses.Use(() => Run(rows, _link.Apply));

    /// <summary>What the network says before its link.</summary>
    internal float[] Outputs(EncodedRows rows) => _uses.Use(() => Run(rows, outputs => outputs));

    private float[] Run(EncodedRows rows, Func<torch.Tensor, torch.Tensor> link)
    {
        var scores = new float[checked(rows.RowCount * ScoreCount)];
        using var gradients = torch.no_grad();
        var batchSize = ExportProver.BatchFor(rows.Width);
        using var batch = new InputBatch(Math.Min(batchSize, rows.RowCount), rows.Width, rows.IdCount);
        for (var done = 0; done < rows.RowCount; done += batchSize)
        {
            using var scope = torch.NewDisposeScope();
            var size = Math.Min(batchSize, rows.RowCount - done);
            batch.Copy(rows, done, size);
            FlatParameters.Floats(link(_network.Forward(batch.Dense, batch.Ids)).contiguous()).CopyTo(scores.AsSpan(done * ScoreCount));
        }

        return scores;
    }
}
