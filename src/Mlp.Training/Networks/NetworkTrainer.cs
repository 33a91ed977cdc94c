using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Hosting;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Networks;

/// <summary>
/// Trains networks on Arrow training sets. Rows that are not trained on validate: after each epoch they are measured, training stops when that becomes no better, and the weights of the
/// best epoch are kept. With checkpoints a training goes on after its process has died and ends with the same weights, bit for bit. Thread-safe; each call trains a network of its own.
/// </summary>
public sealed class NetworkTrainer : ITrainer
{
    private readonly NetworkSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a trainer.</summary>
    /// <param name="options">Settings; copied, later changes have no effect.</param>
    /// <param name="logger">Told of each training; null for nobody.</param>
    /// <param name="timeProvider">Measures how long epochs take; the system's clock when null.</param>
    /// <exception cref="ArgumentException">A setting is out of range. The group whose rank this process is has ended with this sentence, so that no other rank waits for this one.</exception>
    public NetworkTrainer(NetworkOptions options, ILogger<NetworkTrainer>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _settings = Replicas.WithOthers(options.DataParallel.Group, () => NetworkSettings.From(options), CancellationToken.None);
        _logger = logger ?? NullLogger<NetworkTrainer>.Instance;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    public ModelTask Task => _settings.Options.Task;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Parameters => _settings.Texts();

    int ITrainer.ThreadCount => Math.Max(_settings.Options.Threads, _settings.Options.DataParallel.Replicas);

    /// <summary>Trains a network. Nothing remains of a training that fails or is cancelled, except its checkpoints.</summary>
    /// <param name="trainingSet">
    /// The rows, in order of time, with a label column: 0 and 1, truth values or two texts for binary classification; texts or whole numbers for several classes; any number for
    /// regression; a gain of 0 or more for ranking, with rows of a group beside each other.
    /// </param>
    /// <param name="validation">Rows that decide when to stop; null for the last ones of <paramref name="trainingSet"/>.</param>
    /// <param name="progress">Told after each epoch, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    /// <returns>The trained network; the caller disposes of it.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on.</exception>
    /// <exception cref="TrainingDivergedException">The loss, an output or a gradient became NaN or infinite.</exception>
    /// <exception cref="CheckpointRefusedException">The checkpoint to go on from is of other rows or settings, or a checkpoint cannot be written.</exception>
    /// <exception cref="Mlp.Runtime.CorruptFileException">The checkpoint to go on from is damaged.</exception>
    /// <exception cref="ArgumentException">A feature that is declared categorical does not exist or is neither int64 nor text.</exception>
    /// <exception cref="Mlp.Training.Distributed.Collectives.CollectiveException">
    /// A rank of <see cref="DataParallelOptions.Group"/> is lost or late, or would train something else; the sentence names it. Every rank gets one, and what has failed on one is thrown there.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">This libtorch cannot train in the precision that was asked for.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with libtorch's native libraries.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TrainedNetwork> FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        => FitAsync(trainingSet, validation, _settings.Options.ResumeFrom, progress, cancellationToken);

    /// <summary>Goes on with a training. See <see cref="FitAsync(ITrainingSet, ITrainingSet?, IProgress{TrainingProgress}?, CancellationToken)"/> for the errors.</summary>
    /// <param name="trainingSet">The same rows.</param>
    /// <param name="checkpoint">A checkpoint, or a folder of them, of which the newest is taken; a folder without one begins a new training.</param>
    /// <param name="validation">The same validation rows.</param>
    /// <param name="progress">Told after each epoch, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    /// <returns>The network that the training would have ended with without interruption.</returns>
    public Task<TrainedNetwork> ResumeAsync(
        ITrainingSet trainingSet,
        string checkpoint,
        ITrainingSet? validation = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(checkpoint);
        return FitAsync(trainingSet, validation, checkpoint, progress, cancellationToken);
    }

    /// <inheritdoc/>
    async Task<IFittedModel> ITrainer.FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        => await FitAsync(trainingSet, validation, progress, cancellationToken).ConfigureAwait(false);

    private async Task<TrainedNetwork> FitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation, string? resumeFrom, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        return await TracedWork.RunAsync(
            () => TrainingActivities.Start(TrainingSpans.Fit),
            () => Replicas.WithOthersAsync(_settings.Options.DataParallel.Group, () => ReadAndFitAsync(trainingSet, validation, resumeFrom, progress, cancellationToken)),
            static (span, trained) => span.SetTag("rows", trained.Manifest.RowCount).SetTag("epochs", trained.History.Count)).ConfigureAwait(false);
    }

    private async Task<TrainedNetwork> ReadAndFitAsync(
        ITrainingSet trainingSet, ITrainingSet? validation, string? resumeFrom, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        Torch.EnsureLoaded();
        MixedPrecision.ThrowIfUnsupported(_settings.Options.Precision);
        var rows = await TrainingRows.ReadAsync(trainingSet, validation, _settings.Options, cancellationToken).ConfigureAwait(false);
        var fit = new NetworkFit(_settings, rows, resumeFrom, _logger, _timeProvider);

        // A thread of its own: training lasts, and a thread keeps the number of threads that libtorch had when it first computed on it.
        return await System.Threading.Tasks.Task.Factory.StartNew(
            () => fit.Run(progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }
}
