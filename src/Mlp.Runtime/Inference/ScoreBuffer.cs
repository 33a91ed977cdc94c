using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Mlp.Runtime.Inference;

/// <summary>The memory that the score output is written to, and its values as float64 for those who look at them after a run: exact for float32 and float64.</summary>
internal sealed class ScoreBuffer : OutputBuffer
{
    /// <summary>Fewer values are widened one by one: the call would cost more.</summary>
    private const int LeastForVectors = 16;

    private readonly OutputPlan _plan;
    private readonly double[] _doubles;
    private readonly float[] _floats = [];
    private readonly long[] _integers = [];

    /// <summary>Allocates the memory.</summary>
    /// <param name="plan">The output.</param>
    /// <param name="capacity">Greatest number of rows.</param>
    public ScoreBuffer(OutputPlan plan, int capacity)
        : base(plan)
    {
        _plan = plan;
        var length = checked(plan.Width * capacity);
        _doubles = GC.AllocateArray<double>(length, pinned: true);
        switch (plan.ElementType)
        {
            case TensorElementType.Float:
                _floats = GC.AllocateArray<float>(length, pinned: true);
                break;
            case TensorElementType.Double:
                break;
            case TensorElementType.Int64:
                _integers = GC.AllocateArray<long>(length, pinned: true);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(plan), plan.ElementType, "Expected an output of Float, Double or Int64.");
        }
    }

    /// <summary>The values as float32, for an output of that type; empty for others.</summary>
    public ReadOnlySpan<float> Floats => _floats;

    /// <summary>The memory that a run writes to: an array of float, double or long as the element type is.</summary>
    public Array Memory => _plan.ElementType switch
    {
        TensorElementType.Double => _doubles,
        TensorElementType.Int64 => _integers,
        _ => _floats,
    };

    /// <inheritdoc/>
    public override OrtValue CreateValue(int rowCount)
    {
        var length = rowCount * _plan.Width;
        var shape = _plan.Shape(rowCount);
        return _plan.ElementType switch
        {
            TensorElementType.Double => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _doubles.AsMemory(0, length), shape),
            TensorElementType.Int64 => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _integers.AsMemory(0, length), shape),
            _ => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _floats.AsMemory(0, length), shape),
        };
    }

    /// <inheritdoc/>
    public override void CopyFrom(OrtValue value, int rowCount)
    {
        var length = rowCount * _plan.Width;
        switch (_plan.ElementType)
        {
            case TensorElementType.Double:
                value.GetTensorDataAsSpan<double>()[..length].CopyTo(_doubles);
                break;
            case TensorElementType.Int64:
                value.GetTensorDataAsSpan<long>()[..length].CopyTo(_integers);
                break;
            default:
                value.GetTensorDataAsSpan<float>()[..length].CopyTo(_floats);
                break;
        }
    }

    /// <inheritdoc/>
    public override void CopyRow(OutputBuffer source, int sourceRow, int row)
    {
        var scores = (ScoreBuffer)source;
        var (from, to, width) = (sourceRow * _plan.Width, row * _plan.Width, _plan.Width);
        scores._doubles.AsSpan(from, width).CopyTo(_doubles.AsSpan(to));
        if (_floats.Length > 0)
        {
            scores._floats.AsSpan(from, width).CopyTo(_floats.AsSpan(to));
        }

        if (_integers.Length > 0)
        {
            scores._integers.AsSpan(from, width).CopyTo(_integers.AsSpan(to));
        }
    }

    /// <inheritdoc/>
    public override void Take(OutputBuffer tensor, int first, int count)
    {
        var (from, length) = (first * _plan.Width, count * _plan.Width);
        switch (_plan.ElementType)
        {
            case TensorElementType.Double:
                ScoreTensors.Read(tensor, _doubles.AsSpan(from, length));
                break;
            case TensorElementType.Int64:
                ScoreTensors.Read(tensor, _integers.AsSpan(from, length));
                break;
            default:
                ScoreTensors.Read(tensor, _floats.AsSpan(from, length));
                break;
        }
    }

    /// <summary>Makes the float64 values of what a run has written.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public void Complete(int rowCount)
    {
        var length = rowCount * _plan.Width;
        if (_floats.Length > 0 && length >= LeastForVectors)
        {
            TensorPrimitives.ConvertTruncating<float, double>(_floats.AsSpan(0, length), _doubles);
            return;
        }

        for (var i = 0; i < length && i < _floats.Length; i++)
        {
            _doubles[i] = _floats[i];
        }

        for (var i = 0; i < length && i < _integers.Length; i++)
        {
            _doubles[i] = _integers[i];
        }
    }

    /// <summary>The outputs of a row.</summary>
    /// <param name="row">Row index.</param>
    public ReadOnlySpan<double> RowOf(int row) => _doubles.AsSpan(row * _plan.Width, _plan.Width);

    /// <summary>One output of a row.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="index">Column of the output.</param>
    public double ValueOf(int row, int index) => _doubles[(row * _plan.Width) + index];

    /// <summary>Copies one output of the first rows.</summary>
    /// <param name="index">Column of the output.</param>
    /// <param name="values">Receives one value per row.</param>
    public void CopyColumn(int index, Span<double> values)
    {
        if (_plan.Width == 1)
        {
            _doubles.AsSpan(0, values.Length).CopyTo(values);
            return;
        }

        for (var row = 0; row < values.Length; row++)
        {
            values[row] = _doubles[(row * _plan.Width) + index];
        }
    }
}
