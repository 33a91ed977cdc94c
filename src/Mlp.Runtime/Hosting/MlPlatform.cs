using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Hosting;

/// <summary>
/// The platform inside a process. In a host application it is opened and closed by the host; without one, by <see cref="StartAsync"/> and disposal.
/// Each library adds its own door as an extension property. Thread-safe.
/// </summary>
public sealed class MlPlatform : IAsyncDisposable
{
    private readonly IPlatformComponent[] _components;
    private readonly ILogger<MlPlatform> _logger;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Stack<IPlatformComponent> _open = new();
    private ServiceProvider? _ownedProvider;
    private bool _isStarted;
    private bool _isStopped;
    private volatile bool _isClosed;

    /// <summary>Creates the platform over its parts; applications use <c>AddMlPlatform</c> or <see cref="CreateBuilder"/>.</summary>
    /// <param name="services">The services that the parts live in.</param>
    /// <param name="components">The parts, in any order.</param>
    /// <param name="directory">Where the parts keep their files.</param>
    /// <param name="logger">Hears of opening and closing.</param>
    public MlPlatform(IServiceProvider services, IEnumerable<IPlatformComponent> components, DataDirectory directory, ILogger<MlPlatform> logger)
    {
        ArgumentNullException.ThrowIfNull(components);
        Services = services;
        Directory = directory;
        _logger = logger;
        _components = [.. components.OrderBy(c => c.Stage)];
    }

    /// <summary>The services that the parts live in.</summary>
    public IServiceProvider Services { get; }

    /// <summary>Where the parts keep their files.</summary>
    public DataDirectory Directory { get; }

    /// <summary>A builder for a platform without a host application.</summary>
    /// <returns>The builder; end with <see cref="MlPlatformBuilderExtensions.Build"/>.</returns>
    public static IMlPlatformBuilder CreateBuilder()
    {
        var services = new ServiceCollection();
        MlPlatformServiceCollectionExtensions.AddCore(services);
        return new MlPlatformBuilder(services, isStandalone: true);
    }

    /// <summary>Opens every part in order. When one fails, those already open are closed again and the failure is thrown.</summary>
    /// <param name="cancellationToken">Gives up opening.</param>
    /// <returns>A task that completes when all parts are open.</returns>
    /// <exception cref="InvalidOperationException">The platform was started before.</exception>
    /// <exception cref="OptionsValidationException">A setting is wrong; nothing was opened.</exception>
    /// <exception cref="EngineInUseException">Models shall share a pool of threads, and ONNX Runtime was used before in this process.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isStarted)
            {
                throw new InvalidOperationException("Expected a platform that was not started before, but it was: build a new one to start again.");
            }

            _isStarted = true;
            SettingsAtStart.Check(Services, _logger);
            await OpenAllAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes every part in reverse order: what was acknowledged is on the device. A part that fails does not keep the others open.</summary>
    /// <param name="cancellationToken">The caller's patience.</param>
    /// <returns>A task that completes when all parts are closed.</returns>
    /// <exception cref="AggregateException">Parts failed to close.</exception>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            var failures = await CloseAllAsync(cancellationToken).ConfigureAwait(false);
            if (failures.Count > 0)
            {
                throw new AggregateException("Parts of the platform failed to close.", failures);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>How each part is doing now.</summary>
    /// <returns>One result per part, by name; Unhealthy for all of them once the platform has been closed.</returns>
    public IReadOnlyDictionary<string, HealthCheckResult> CheckHealth() => _components.ToDictionary(c => c.Name, CheckHealth, StringComparer.Ordinal);

    /// <summary>How a part is doing now. Once the platform has been closed, or has failed to start, all parts say that and nothing else.</summary>
    /// <param name="component">A part of this platform.</param>
    internal HealthCheckResult CheckHealth(IPlatformComponent component) => _isClosed ? HealthCheckResult.Unhealthy("The platform has been closed.") : component.CheckHealth();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _ownedProvider, null) is { } provider)
        {
            await provider.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>A part of the platform, by which each library makes its door.</summary>
    /// <typeparam name="T">The part.</typeparam>
    /// <returns>The part; null when it was not added.</returns>
    /// <exception cref="InvalidOperationException">The platform has been closed and its container with it.</exception>
    internal T? FindPart<T>()
        where T : class
    {
        try
        {
            return Services.GetService<T>();
        }
        catch (ObjectDisposedException e)
        {
            throw new InvalidOperationException("Expected the platform to be open, but it has been closed.", e);
        }
    }

    /// <summary>Takes the container of a standalone platform along, to be disposed with it.</summary>
    internal void Own(ServiceProvider provider) => _ownedProvider = provider;

    private async Task OpenAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            ShareThreads();
            foreach (var component in _components)
            {
                _open.Push(component);
                await component.OpenAsync(cancellationToken).ConfigureAwait(false);
                _logger.LogDebug("Opened {Component}.", component.Name);
            }
        }
        catch (Exception e)
        {
            // The failure is thrown: who catches it has the rest.
            _logger.LogError("The platform did not start and closes what was open: {Reason}", e.Message);
            await CloseAllAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Before any part uses ONNX Runtime, which takes a pool of threads at its first call only.</summary>
    private void ShareThreads()
    {
        if (Services.GetService<MlPlatformConfiguration>() is { SharedThreadCount: { } count } configuration)
        {
            EngineThreads.Share(count, configuration.SharedThreadsSpin);
        }
    }

    private async Task<List<Exception>> CloseAllAsync(CancellationToken cancellationToken)
    {
        _isClosed = true;
        var failures = new List<Exception>();
        while (_open.TryPop(out var component))
        {
            try
            {
                await component.CloseAsync(cancellationToken).ConfigureAwait(false);
                _logger.LogDebug("Closed {Component}.", component.Name);
            }
#pragma warning disable CA1031 // One part's failure must not leave the others open.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _logger.LogError(e, "Closing {Component} failed.", component.Name);
                failures.Add(e);
            }
        }

        return failures;
    }
}
