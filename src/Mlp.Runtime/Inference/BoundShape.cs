using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>The run of a slot for one number of rows: everything that can be prepared is. This is the seam between the call path and the engine.</summary>
/// <param name="rowCount">Number of rows.</param>
internal abstract class BoundShape(int rowCount) : IDisposable
{
    /// <summary>Number of rows.</summary>
    public int RowCount { get; } = rowCount;

    /// <summary>Runs the rows as they are now, into the output memory that the shape is bound to.</summary>
    /// <param name="options">Options of the slot.</param>
    public abstract void Run(RunOptions options);

    /// <inheritdoc/>
    public abstract void Dispose();
}
