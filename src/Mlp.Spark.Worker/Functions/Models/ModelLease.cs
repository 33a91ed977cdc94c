using Mlp.Runtime.Scoring;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>A model that a task uses. Used by one task.</summary>
/// <param name="model">The model.</param>
/// <param name="release">Gives it back.</param>
internal sealed class ModelLease(PackagedModel model, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>The model.</summary>
    public PackagedModel Model => model;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
