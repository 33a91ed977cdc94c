using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Telemetry;
using Mlp.Training.Evaluation;
using Mlp.Training.Hosting;
using Mlp.Training.Interop;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>
/// Trains feed-forward networks on Arrow training sets. The first rows by time train, the last ones validate: after each epoch the loss on them is measured, training stops when it
/// no longer falls, and the weights of the best epoch are kept. Thread-safe; each call trains a network of its own.
/// </summary>
public sealed class NetworkTrainer
{
    /// <summary>Rows without which nothing is learned.</summary>
    private const int MinimumRowCount = 10;

    private readonly FeedForwardSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a trainer.</summary>
    /// <param name="options">Settings; copied, later changes have no effect.</param>
    /// <param name="logger">Told of each training; null for nobody.</param>
    /// <param name="timeProvider">Measures how long epochs take; the system's clock when null.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public NetworkTrainer(FeedForwardOptions options, ILogger<NetworkTrainer>? logger = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _settings = FeedForwardSettings.From(options);
        _logger = logger ?? NullLogger<NetworkTrainer>.Instance;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Trains a network. Nothing remains of a training that fails or is cancelled.</summary>
    /// <param name="trainingSet">The rows, in order of time, with a label column: 0 and 1 (or truth values) for classification, any number for regression.</param>
    /// <param name="progress">Told after each epoch, on a thread of the trainer.</param>
    /// <param name="cancellationToken">Ends training between steps.</param>
    /// <returns>The trained network; the caller disposes of it.</returns>
    /// <exception cref="TrainingDataException">The rows are not fit to train on.</exception>
    /// <exception cref="TrainingDivergedException">The loss became NaN or infinite.</exception>
    /// <exception cref="ArgumentException">A feature that is declared categorical does not exist or is neither int64 nor text.</exception>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with libtorch's native libraries.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TrainedNetwork> FitAsync(ITrainingSet trainingSet, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        return await TracedWork.RunAsync(
            () => TrainingActivities.Start(TrainingSpans.Fit),
            () => ReadAndFitAsync(trainingSet, progress, cancellationToken),
            static (span, trained) => span.SetTag("rows", trained.Manifest.RowCount).SetTag("epochs", trained.History.Count)).ConfigureAwait(false);
    }

    private async Task<TrainedNetwork> ReadAndFitAsync(ITrainingSet trainingSet, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        Torch.EnsureLoaded();
        if (trainingSet.Manifest.Features.Count == 0)
        {
            throw new TrainingDataException("Expected at least one feature, but the training set's manifest names none.");
        }

        var rows = await LabelledRows.ReadAsync(trainingSet, trainingSet.Manifest.Features, RowReading.Numbers, cancellationToken).ConfigureAwait(false);

        // A thread of its own: training lasts, and the number of threads that libtorch uses belongs to the thread that asks.
        return await Task.Factory.StartNew(
            () => Fit(rows, trainingSet.Manifest, progress, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The trained network owns the network.")]
    private TrainedNetwork Fit(LabelledRows rows, TrainingSetManifest manifest, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var trainingCount = TimeOrder.CutByShare(rows.Times, rows.RowCount, _settings.ValidationShare);
        var target = TargetScale.Learn(rows, trainingCount, _settings.IsClassifier);
        var encoding = FeatureEncoding.Learn(rows.Table, trainingCount, _settings.Preprocessing);
        if (rows.RowCount < MinimumRowCount)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected at least {MinimumRowCount} rows to fit a network to, but the training set has {rows.RowCount}: what it learned from them would be chance."));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var encoded = encoding.Encode(rows.Table);
        var threads = torch.get_num_threads();
        torch.set_num_threads(_settings.Threads);
        var network = new FeedForwardNetwork(encoded.Width, _settings, target.Factor, target.Offset);
        try
        {
            using var loop = new TrainingLoop(network, _settings, encoded, target.Apply(rows.Labels), trainingCount);
            var history = Run(loop, network, trainingCount < rows.RowCount, progress, cancellationToken);
            network.Evaluate();
            return new TrainedNetwork(network, encoding, rows, encoded, trainingCount, manifest, _settings.Task, history);
        }
        catch
        {
            network.Dispose();
            throw;
        }
        finally
        {
            torch.set_num_threads(threads);
        }
    }

    private List<TrainingProgress> Run(
        TrainingLoop loop, FeedForwardNetwork network, bool validates, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        var history = new List<TrainingProgress>();
        var started = _timeProvider.GetTimestamp();
        var best = (Epoch: 0, Loss: double.PositiveInfinity, Weights: network.Snapshot());
        for (var epoch = 1; epoch <= _settings.MaxEpochs; epoch++)
        {
            var loss = loop.RunEpoch(epoch, cancellationToken);
            double? validationLoss = validates ? loop.Validate(cancellationToken) : null;
            if (!validates || validationLoss < best.Loss)
            {
                best = (epoch, validationLoss ?? loss, validates ? network.Snapshot() : best.Weights);
            }

            history.Add(new(epoch, _settings.MaxEpochs, loss, validationLoss, best.Epoch, _timeProvider.GetElapsedTime(started)));
            progress?.Report(history[^1]);
            _logger.LogDebug("Epoch {Epoch}: training loss {TrainingLoss}, validation loss {ValidationLoss}", epoch, loss, validationLoss);
            if (epoch - best.Epoch >= _settings.EarlyStoppingPatience)
            {
                break;
            }
        }

        if (best.Epoch == 0)
        {
            throw new TrainingDivergedException(1, 1, _settings.LearningRate);
        }

        if (validates)
        {
            network.Restore(best.Weights);
        }

        _logger.LogInformation("Trained {Epochs} epochs in {Elapsed}; the best was {BestEpoch} with a loss of {Loss}", history.Count, history[^1].Elapsed, best.Epoch, best.Loss);
        return history;
    }
}
