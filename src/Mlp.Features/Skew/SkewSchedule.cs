using Microsoft.Extensions.Logging;

namespace Mlp.Features.Skew;

/// <summary>Skew checks in the background, one after the other.</summary>
internal sealed class SkewSchedule : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private SkewSchedule(Func<CancellationToken, Task> check, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        _timer = new PeriodicTimer(interval, time);
        _running = Task.Run(() => RunAsync(check, logger));
    }

    /// <summary>Starts.</summary>
    /// <param name="check">One check.</param>
    /// <param name="interval">Time between checks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of failures.</param>
    internal static SkewSchedule Start(Func<CancellationToken, Task> check, TimeSpan interval, TimeProvider time, ILogger logger) => new(check, interval, time, logger);

    /// <summary>Ends the check that runs, and all others.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _timer.Dispose();
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> check, ILogger logger)
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await check(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    logger.LogError(error, "A skew check in the background failed; the next one looks at the rows that are served from now on.");
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The platform closes.
        }
    }
}
