using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Kernels;

/// <summary>
/// A kernel bound to the memory of a slot for one number of rows: it reads the inputs where they lie and writes the score where it is read. Rows with sums whose order matters
/// (<see cref="KernelMemory.IsBeyondRange"/>) go on to ONNX Runtime, with the others of their run.
/// </summary>
internal sealed class KernelShape : BoundShape
{
    private readonly KernelStep[] _steps;
    private readonly KernelMemory _memory;
    private readonly InputBuffer[] _filled;
    private readonly OrtValue[] _filledValues;
    private readonly Func<BoundShape>? _bindEngine;
    private BoundShape? _engine;

    /// <summary>Binds.</summary>
    /// <param name="program">The kernel.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="score">Memory of the score.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="bindEngine">Binds ONNX Runtime to the same memory, when it is first needed; null where the kernel alone is wanted.</param>
    public KernelShape(KernelProgram program, InputBuffer[] inputs, ScoreBuffer score, int rowCount, Func<BoundShape>? bindEngine = null)
        : base(rowCount)
    {
        _bindEngine = bindEngine;
        _steps = [.. program.Steps];
        _memory = new KernelMemory(program, rowCount);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (program.Inputs[i] is { } value)
            {
                Place(value, inputs[i]);
            }
        }

        _memory.Place(program.Output, score.Memory, 0);
        _filled = [.. inputs.Where((input, i) => input.NeedsFilling && program.Inputs[i] is not null)];
        _filledValues = Array.ConvertAll(_filled, f => f.CreateValue(rowCount));
    }

    /// <summary>Whether rows of the last run are for ONNX Runtime.</summary>
    public bool IsBeyondRange => _memory.IsBeyondRange;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(RunOptions options)
    {
        Run();
        if (_memory.IsBeyondRange)
        {
            RunEngine(options);
        }
    }

    /// <summary>Runs the rows as they are now, by the kernel alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run()
    {
        _memory.IsBeyondRange = false;
        for (var i = 0; i < _filled.Length; i++)
        {
            if (!_filled[i].IsWritten)
            {
                _filled[i].Fill(_filledValues[i], RowCount);
            }
        }

        for (var row = 0; row < RowCount; row += KernelMemory.TileRows)
        {
            _memory.MoveTo(row, Math.Min(KernelMemory.TileRows, RowCount - row));
            foreach (var step in _steps)
            {
                step.Run(_memory);
            }
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var value in _filledValues)
        {
            value.Dispose();
        }

        _engine?.Dispose();
    }

    private void RunEngine(RunOptions options) => (_engine ??= _bindEngine?.Invoke())?.Run(options);

    private void Place(KernelValue value, InputBuffer input)
    {
        switch (value.Element)
        {
            case KernelElement.Float32:
                PlaceMemory<float>(value, ((IInputMemory<float>)input).Memory);
                break;
            case KernelElement.Float64:
                PlaceMemory<double>(value, ((IInputMemory<double>)input).Memory);
                break;
            case KernelElement.Int64:
                PlaceMemory<long>(value, ((IInputMemory<long>)input).Memory);
                break;
            case KernelElement.Boolean:
                PlaceMemory<bool>(value, ((IInputMemory<bool>)input).Memory);
                break;
            default:
                PlaceMemory<byte>(value, ((IInputMemory<byte>)input).Memory);
                break;
        }
    }

    private void PlaceMemory<T>(KernelValue value, ReadOnlyMemory<T> memory)
    {
        if (!MemoryMarshal.TryGetArray(memory, out var segment))
        {
            throw new InvalidOperationException("Expected the input of a slot to be an array.");
        }

        _memory.Place(value, segment.Array!, segment.Offset);
    }
}
