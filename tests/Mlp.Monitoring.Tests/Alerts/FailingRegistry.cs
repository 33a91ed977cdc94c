using System.Reflection;
using Mlp.Runtime.Registry;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>A registry of which no alias can be moved, as on a disk that is full.</summary>
public class FailingRegistry : DispatchProxy
{
    private IModelRegistry _registry = null!;

    public static IModelRegistry Over(IModelRegistry registry)
    {
        var proxy = Create<IModelRegistry, FailingRegistry>();
        ((FailingRegistry)(object)proxy)._registry = registry;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        => targetMethod!.Name == nameof(IModelRegistry.SetAliasAsync) ? throw new IOException("No space left on device.") : targetMethod.Invoke(_registry, args);
}
