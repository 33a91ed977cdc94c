using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Hosting;

/// <summary>Makes the pool of threads that all models share, where the application asks for one, before any part of the platform uses ONNX Runtime.</summary>
internal sealed class SharedThreadsComponent(MlPlatformConfiguration configuration) : IPlatformComponent
{
    /// <inheritdoc/>
    public string Name => "threads";

    /// <inheritdoc/>
    public PlatformStage Stage => PlatformStage.Storage;

    /// <inheritdoc/>
    /// <exception cref="EngineInUseException">ONNX Runtime has been used before in this process.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public Task OpenAsync(CancellationToken cancellationToken)
    {
        if (configuration.SharedThreadCount is { } count)
        {
            EngineThreads.Share(count, configuration.SharedThreadsSpin);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task CloseAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public HealthCheckResult CheckHealth()
        => HealthCheckResult.Healthy(
            configuration.SharedThreadCount is { } count ? FormattableString.Invariant($"Models share {count} threads.") : "Models run on their callers' threads.");
}
