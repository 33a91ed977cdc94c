using Apache.Arrow;
using Apache.Arrow.Memory;
using Apache.Arrow.Types;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Scoring;

/// <summary>Collects the answers of one batch as columns. Not thread-safe.</summary>
internal sealed class ResultBuilder : IDisposable
{
    private readonly ResultLayout _layout;
    private readonly int _rowCount;
    private readonly NativeBuffer<double, NoOpAllocationTracker> _scores;
    private readonly NativeBuffer<int, NoOpAllocationTracker> _classes;
    private readonly NativeBuffer<double, NoOpAllocationTracker>[] _probabilities;
    private readonly StringArray.Builder? _labels;
    private int _next;

    /// <summary>Allocates the columns.</summary>
    /// <param name="layout">Which columns.</param>
    /// <param name="rowCount">Number of rows.</param>
    public ResultBuilder(ResultLayout layout, int rowCount)
    {
        _layout = layout;
        _rowCount = rowCount;
        _scores = Allocate<double>(rowCount);
        _classes = Allocate<int>(rowCount);
        _probabilities = layout.Probabilities switch
        {
            ClassProbabilities.List => [Allocate<double>(checked(rowCount * layout.ClassCount))],
            ClassProbabilities.Columns => [.. Enumerable.Range(0, layout.ClassCount).Select(_ => Allocate<double>(rowCount))],
            _ => [],
        };
        _labels = layout.IncludesLabel ? new StringArray.Builder().Reserve(rowCount) : null;
    }

    /// <summary>Adds the answers of a run.</summary>
    /// <param name="score">The slot's output.</param>
    /// <param name="reader">Reads score and class.</param>
    /// <param name="count">Number of rows.</param>
    public void Add(ScoreBuffer score, ScoreReader reader, int count)
    {
        var classes = _classes.Span.Slice(_next, count);
        reader.Read(score, _scores.Span.Slice(_next, count), classes);
        if (_probabilities.Length == 0 && _labels is null)
        {
            _next += count;
            return;
        }

        for (var row = 0; row < count; row++, _next++)
        {
            if (_probabilities.Length > 0)
            {
                AddProbabilities(score.RowOf(row));
            }

            _labels?.Append(_layout.Output.ClassNames[classes[row]]);
        }
    }

    /// <summary>The columns, in the order of the layout's fields. They own their memory.</summary>
    public IReadOnlyList<IArrowArray> Build()
    {
        var columns = new List<IArrowArray> { Doubles(_scores, _rowCount), new Int32Array(Data(Int32Type.Default, _classes, _rowCount)) };
        if (_layout.Probabilities == ClassProbabilities.List)
        {
            var type = (FixedSizeListType)_layout.Fields[columns.Count].DataType;
            columns.Add(new FixedSizeListArray(type, _rowCount, Doubles(_probabilities[0], _rowCount * _layout.ClassCount), ArrowBuffer.Empty, 0));
        }
        else
        {
            columns.AddRange(_probabilities.Select(p => Doubles(p, _rowCount)));
        }

        if (_labels is not null)
        {
            columns.Add(_labels.Build());
        }

        return columns;
    }

    /// <summary>Frees what has not been built.</summary>
    public void Dispose()
    {
        _scores.Dispose();
        _classes.Dispose();
        foreach (var probability in _probabilities)
        {
            probability.Dispose();
        }
    }

    private static NativeBuffer<T, NoOpAllocationTracker> Allocate<T>(int length)
        where T : unmanaged
        => new(length, zeroFill: false, default);

    private static DoubleArray Doubles(NativeBuffer<double, NoOpAllocationTracker> buffer, int length) => new(Data(DoubleType.Default, buffer, length));

    private static ArrayData Data<T>(IArrowType type, NativeBuffer<T, NoOpAllocationTracker> buffer, int length)
        where T : unmanaged
        => new(type, length, 0, 0, [ArrowBuffer.Empty, buffer.Build()]);

    private void AddProbabilities(ReadOnlySpan<double> outputs)
    {
        if (_layout.Output.Task == ModelTask.BinaryClassification && (outputs.Length != 2 || _layout.Output.ScoreIndex != 1))
        {
            var positive = outputs[_layout.Output.ScoreIndex];
            Set(0, 1 - positive);
            Set(1, positive);
            return;
        }

        for (var i = 0; i < outputs.Length; i++)
        {
            Set(i, outputs[i]);
        }
    }

    private void Set(int index, double probability)
    {
        if (_layout.Probabilities == ClassProbabilities.List)
        {
            _probabilities[0].Span[(_next * _layout.ClassCount) + index] = probability;
        }
        else
        {
            _probabilities[index].Span[_next] = probability;
        }
    }
}
