using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Hosting;

namespace Mlp.Runtime.Tests.Hosting;

/// <summary>A part that writes down what happens to it.</summary>
internal sealed class RecordingComponent(string name, PlatformStage stage, List<string> events, Exception? failure = null) : IPlatformComponent
{
    public string Name => name;

    public PlatformStage Stage => stage;

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        events.Add($"open {name}");
        return failure is null ? Task.CompletedTask : Task.FromException(failure);
    }

    public Task CloseAsync(CancellationToken cancellationToken)
    {
        events.Add($"close {name}");
        return Task.CompletedTask;
    }

    public HealthCheckResult CheckHealth() => HealthCheckResult.Degraded("as told");
}
