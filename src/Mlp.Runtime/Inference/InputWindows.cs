using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>The tensors of all inputs of a model that reads tensors of its own (<see cref="InputPlan.NeedsWindow"/>). Not thread-safe.</summary>
internal sealed class InputWindows
{
    private readonly InputBuffer[] _gathered;
    private readonly InputWindow[] _windows;

    /// <summary>Allocates the tensors.</summary>
    /// <param name="sources">The inputs in the memory of the rows.</param>
    /// <param name="rows">The slot's rows.</param>
    /// <param name="rowCount">Rows of the tensors.</param>
    public InputWindows(InputBuffer[] sources, FeatureRows rows, int rowCount)
    {
        // Texts are read from the rows.
        _gathered = Array.FindAll(sources, s => s is { NeedsFilling: true } and not StringInputBuffer);
        _windows = Array.ConvertAll(sources, s => InputWindow.Create(s, rows, rowCount));
        Buffers = [.. _windows];
        RowCount = rowCount;
    }

    /// <summary>Rows of the tensors.</summary>
    public int RowCount { get; }

    /// <summary>The tensors, one per input, to be bound to a session.</summary>
    public InputBuffer[] Buffers { get; }

    /// <summary>Brings all rows together from where they were written to. Called once for the rows of a call.</summary>
    /// <param name="rowCount">Number of rows in use.</param>
    public void Gather(int rowCount)
    {
        foreach (var source in _gathered)
        {
            if (!source.IsWritten)
            {
                source.Gather(rowCount);
            }
        }
    }

    /// <summary>Brings some of the rows into the tensors.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">Number of rows, 1 to <see cref="RowCount"/>.</param>
    public void Load(int first, int count)
    {
        foreach (var window in _windows)
        {
            window.Load(first, count);
        }
    }
}
