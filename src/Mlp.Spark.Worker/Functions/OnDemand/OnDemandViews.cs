using System.Collections.Concurrent;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.OnDemand;

/// <summary>The on-demand views of the process, each proved once. Thread-safe.</summary>
/// <param name="assemblies">The assemblies of users.</param>
internal sealed class OnDemandViews(FunctionAssemblies assemblies)
{
    private readonly ConcurrentDictionary<TransformReference, Lazy<OnDemandView>> _views = new();

    /// <summary>The view of a reference.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="files">Finds files.</param>
    /// <exception cref="Mlp.Runtime.MlPlatformException">There is no such method, it has another definition, or it computes something else than it did.</exception>
    public OnDemandView Load(TransformReference reference, TaskFiles files)
    {
        var loading = _views.GetOrAdd(reference, _ => new Lazy<OnDemandView>(() => OnDemandView.Load(reference, assemblies, files)));
        try
        {
            return loading.Value;
        }
        catch
        {
            // The next task may find the file.
            _views.TryRemove(new(reference, loading));
            throw;
        }
    }
}
