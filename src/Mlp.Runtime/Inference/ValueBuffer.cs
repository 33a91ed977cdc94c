using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>An output of numbers or truth values.</summary>
internal sealed class ValueBuffer<T>(OutputPlan plan, int capacity) : OutputBuffer(plan)
    where T : unmanaged
{
    private readonly T[] _values = GC.AllocateArray<T>(checked(plan.Width * capacity), pinned: true);

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
        => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _values.AsMemory(0, rowCount * Plan.Width), Plan.Shape(rowCount));

    /// <inheritdoc/>
    public override void CopyFrom(OrtValue value, int rowCount) => value.GetTensorDataAsSpan<T>()[..(rowCount * Plan.Width)].CopyTo(_values);

    /// <inheritdoc/>
    public override void CopyRow(OutputBuffer source, int sourceRow, int row) => ((ValueBuffer<T>)source).RowOf(sourceRow).CopyTo(_values.AsSpan(row * Plan.Width));

    /// <summary>All values, row-major.</summary>
    public ReadOnlySpan<T> Values => _values;

    /// <summary>The values of a row.</summary>
    /// <param name="row">Row index.</param>
    public ReadOnlySpan<T> RowOf(int row) => _values.AsSpan(row * Plan.Width, Plan.Width);
}
