using Microsoft.Extensions.DependencyInjection;

namespace Mlp.Runtime.Hosting;

/// <summary>Adds parts to the platform. Each library extends it by its own <c>Add*</c> methods; adding twice is safe.</summary>
public interface IMlPlatformBuilder
{
    /// <summary>The services that the parts are registered in.</summary>
    IServiceCollection Services { get; }
}
