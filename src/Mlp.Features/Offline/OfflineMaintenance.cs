using Microsoft.Extensions.Logging;

namespace Mlp.Features.Offline;

/// <summary>What the owner of a data directory does in the background: it compacts views with many small files and removes files of commits that have expired.</summary>
internal sealed class OfflineMaintenance : IAsyncDisposable
{
    private readonly Func<CancellationToken, Task> _work;
    private readonly ILogger _logger;
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private Exception? _failure;
    private int _rounds;

    /// <summary>Starts.</summary>
    /// <param name="work">One round.</param>
    /// <param name="interval">Time between rounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of failures.</param>
    internal static OfflineMaintenance Start(Func<CancellationToken, Task> work, TimeSpan interval, TimeProvider time, ILogger logger) => new(work, interval, time, logger);

    private OfflineMaintenance(Func<CancellationToken, Task> work, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        _work = work;
        _logger = logger;
        _timer = new PeriodicTimer(interval, time);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Why the last round failed; null once one has succeeded.</summary>
    internal Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Number of rounds that are done.</summary>
    internal int Rounds => Volatile.Read(ref _rounds);

    /// <summary>Ends after the round that runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _timer.Dispose();
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await RunOnceAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _rounds);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The store closes.
        }
    }

    private async Task RunOnceAsync()
    {
        try
        {
            await _work(_stop.Token).ConfigureAwait(false);
            Volatile.Write(ref _failure, null);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Nothing is half done; the next process goes on.
        }
        catch (Exception error)
        {
            Volatile.Write(ref _failure, error);
            OfflineMetrics.MaintenanceFailures.Add(1);
            _logger.LogError(error, "Work of the offline store in the background failed and will be tried again; its rows are as they were.");
        }
    }
}
