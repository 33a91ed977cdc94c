using Mlp.Monitoring.Alerts;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>Alerts whose webhooks are at work, until disposed of.</summary>
internal sealed class WebhookRun(AlertWatch watch, WaitedClock clock) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public AlertWatch Watch { get; } = watch;

    /// <summary>Waits for what happens in the background.</summary>
    public Task WaitAsync(Func<bool> condition) => WaitAsync(condition, () => { });

    /// <summary>Waits for what happens in the background as time goes on.</summary>
    public Task AdvanceUntilAsync(Func<bool> condition) => WaitAsync(condition, clock.GoOn);

    public async ValueTask DisposeAsync() => await Watch.CloseAsync(CancellationToken.None);

    private static async Task WaitAsync(Func<bool> condition, Action step)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
        {
            step();
            await Task.Delay(2, patience.Token);
        }
    }
}
