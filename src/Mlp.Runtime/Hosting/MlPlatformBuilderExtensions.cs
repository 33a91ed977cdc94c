using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Mlp.Runtime.Hosting;

/// <summary>Settings of the platform itself.</summary>
public static class MlPlatformBuilderExtensions
{
    /// <summary>Says where the platform keeps its files. Wins over the configuration section.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="path">Full path, or relative to the current directory; created when missing.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static IMlPlatformBuilder UseDataDirectory(this IMlPlatformBuilder builder, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ArgumentException("Expected the path of the data directory, but found an empty text.", nameof(path));
        }

        return builder.Configure(options => options.DataDirectory = path);
    }

    /// <summary>Opens the data directory beside its owner, without the lock: registry, offline store, sealed logs and labels.</summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder AsReader(this IMlPlatformBuilder builder) => builder.Configure(options => options.Mode = MlPlatformMode.Reader);

    /// <summary>
    /// Lets the runs of all models share one pool of threads, which split a single run of a large model. The first platform that starts with it must be the first in its process to use ONNX Runtime.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="threadCount">Threads of the pool, 1 to 1024, a caller's own among them.</param>
    /// <param name="spin">Whether idle threads spin before they sleep: runs begin sooner, and the processor is busy meanwhile.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder UseSharedThreadPool(this IMlPlatformBuilder builder, int threadCount, bool spin = false)
        => builder.Configure(options => (options.SharedThreadCount, options.SharedThreadsSpin) = (threadCount, spin));

    /// <summary>Changes settings in code, after the configuration section was bound.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder Configure(this IMlPlatformBuilder builder, Action<MlPlatformOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.Configure(configure);
        return builder;
    }

    /// <summary>
    /// Says where log lines of a platform without a host application go; without it they go nowhere. In a host application the host's logging is used.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="loggers">Makes the loggers, for example <c>LoggerFactory.Create(l => l.AddConsole())</c>. It stays the caller's, who disposes of it after the platform.</param>
    /// <returns>The builder.</returns>
    public static IMlPlatformBuilder UseLoggerFactory(this IMlPlatformBuilder builder, ILoggerFactory loggers)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(loggers);
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
        return builder;
    }

    /// <summary>Builds the platform without a host application. Start it with <see cref="MlPlatform.StartAsync"/>, dispose it when done.</summary>
    /// <param name="builder">A builder from <see cref="MlPlatform.CreateBuilder"/>.</param>
    /// <returns>The platform; nothing is open yet.</returns>
    /// <exception cref="InvalidOperationException">The builder belongs to a host application, which opens and closes the platform itself.</exception>
    /// <exception cref="OptionsValidationException">A setting is wrong.</exception>
    public static MlPlatform Build(this IMlPlatformBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder is not MlPlatformBuilder { IsStandalone: true })
        {
            throw new InvalidOperationException(
                $"Expected a builder from {nameof(MlPlatform)}.{nameof(MlPlatform.CreateBuilder)}, but found the builder of a host application, which opens and closes the platform itself.");
        }

        builder.Services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        builder.Services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(NullLogger<>)));
        var provider = builder.Services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        try
        {
            // Before any part is made: some of them can only be disposed of asynchronously.
            SettingsAtStart.Validate(provider);
            var platform = provider.GetRequiredService<MlPlatform>();
            platform.Own(provider);
            return platform;
        }
        catch
        {
            provider.Dispose();
            throw;
        }
    }
}
