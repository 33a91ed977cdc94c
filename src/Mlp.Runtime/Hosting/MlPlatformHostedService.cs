using Microsoft.Extensions.Hosting;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// Opens the platform before the application's own services start, so that they can predict from their first moment, and closes it after they have stopped,
/// so that what they still ask while stopping is answered and logged.
/// </summary>
internal sealed class MlPlatformHostedService(MlPlatform platform) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => platform.StartAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => platform.StopAsync(cancellationToken);
}
