using Microsoft.Extensions.DependencyInjection;

namespace Mlp.Runtime.Hosting;

/// <summary>The builder behind both doors; <see cref="IsStandalone"/> tells which one it came through.</summary>
internal sealed class MlPlatformBuilder(IServiceCollection services, bool isStandalone) : IMlPlatformBuilder
{
    public IServiceCollection Services { get; } = services;

    /// <summary>Whether the platform is built from this builder alone, without a host application's container.</summary>
    public bool IsStandalone { get; } = isStandalone;
}
