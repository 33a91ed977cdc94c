using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>A table of random features, values, nulls and Arrow types, as columns and as rows made from the same values.</summary>
internal sealed class RandomTable
{
    private static readonly string[] Words = ["a", "ü", "other", string.Empty, "a longer text that a view keeps apart"];

    private readonly Random _random;
    private readonly object?[][] _values;

    public RandomTable(int seed, int featureCount, int rowCount)
    {
        _random = new Random(seed);
        Layout = new FeatureRowLayout([.. Enumerable.Range(0, featureCount).Select(i => new FeatureColumn($"f{i}", (FeatureType)_random.Next(1, 6), $"view{i % 3}"))]);
        RowCount = rowCount;
        _values = [.. Layout.Columns.Select(_ => new object?[rowCount])];
        var columns = Layout.Columns.Select((c, i) => (Name: c.Name, Array: Column(c.Type, _values[i])))
            .Append((Name: "unused", Array: (IArrowArray)new StringArray.Builder().AppendRange(Enumerable.Repeat("x", rowCount)).Build()))
            .OrderBy(_ => _random.Next())
            .ToList();
        Batch = new RecordBatch(new Schema(columns.Select(c => new Field(c.Name, c.Array.Data.DataType, true)), null), columns.Select(c => c.Array), rowCount);
    }

    public FeatureRowLayout Layout { get; }

    public int RowCount { get; }

    public RecordBatch Batch { get; }

    public IEnumerable<object?> ValuesOf(int feature) => _values[feature];

    /// <summary>Some of the rows, as a caller of <c>Predict</c> would write them.</summary>
    public FeatureRows Rows(int first, int count)
    {
        var rows = new FeatureRows(Layout, Math.Max(1, count));
        rows.Reset(count);
        for (var row = 0; row < count; row++)
        {
            for (var feature = 0; feature < Layout.Columns.Count; feature++)
            {
                var value = _values[feature][first + row];
                rows.StatusOf(row)[feature] = value is null ? FeatureStatus.Null : FeatureStatus.Present;
                Write(rows, row, Layout.OffsetOf(feature), value);
            }
        }

        return rows;
    }

    private static void Write(FeatureRows rows, int row, int ordinal, object? value)
    {
        switch (value)
        {
            case float v:
                rows.Float32Of(row)[ordinal] = v;
                break;
            case double v:
                rows.Float64Of(row)[ordinal] = v;
                break;
            case long v:
                rows.Int64Of(row)[ordinal] = v;
                break;
            case bool v:
                rows.BooleanOf(row)[ordinal] = v;
                break;
            case string v:
                rows.SetString(row, ordinal, v);
                break;
        }
    }

    private IArrowArray Column(FeatureType type, object?[] values)
    {
        var nulls = _random.Next(3) switch { 0 => 0, 1 => 0.2, _ => 0.9 };
        return type switch
        {
            FeatureType.Float32 => _random.Next(7) switch
            {
                0 => Fill(values, nulls, new HalfFloatArray.Builder(), () => (Half)Number(), v => (object)(float)v),
                1 => Fill(values, nulls, new Int8Array.Builder(), () => (sbyte)Integer(8), v => (object)(float)v),
                2 => Fill(values, nulls, new UInt16Array.Builder(), () => (ushort)Integer(16), v => (object)(float)v),
                3 => Coded(values, nulls, new FloatArray.Builder(), () => (float)Number(), v => (object)v),
                _ => Fill(values, nulls, new FloatArray.Builder(), () => (float)Number(), v => (object)v),
            },
            FeatureType.Float64 => _random.Next(6) switch
            {
                0 => Fill(values, nulls, new FloatArray.Builder(), () => (float)Number(), v => (object)(double)v),
                1 => Fill(values, nulls, new Int32Array.Builder(), () => (int)Integer(32), v => (object)(double)v),
                2 => Fill(values, nulls, new UInt32Array.Builder(), () => (uint)Integer(32), v => (object)(double)v),
                3 => Coded(values, nulls, new Int16Array.Builder(), () => (short)Integer(16), v => (object)(double)v),
                _ => Fill(values, nulls, new DoubleArray.Builder(), Number, v => (object)v),
            },
            FeatureType.Int64 => _random.Next(10) switch
            {
                0 => Fill(values, nulls, new Int8Array.Builder(), () => (sbyte)Integer(8), v => (object)(long)v),
                1 => Fill(values, nulls, new UInt8Array.Builder(), () => (byte)Integer(8), v => (object)(long)v),
                2 => Fill(values, nulls, new Int16Array.Builder(), () => (short)Integer(16), v => (object)(long)v),
                3 => Fill(values, nulls, new UInt16Array.Builder(), () => (ushort)Integer(16), v => (object)(long)v),
                4 => Fill(values, nulls, new Int32Array.Builder(), () => (int)Integer(32), v => (object)(long)v),
                5 => Fill(values, nulls, new UInt32Array.Builder(), () => (uint)Integer(32), v => (object)(long)v),
                6 => Fill(values, nulls, new UInt64Array.Builder(), () => (ulong)Integer(64) >> 1, v => (object)(long)v),
                7 => Coded(values, nulls, new Int64Array.Builder(), () => Integer(64), v => (object)v),
                _ => Fill(values, nulls, new Int64Array.Builder(), () => Integer(64), v => (object)v),
            },
            FeatureType.Boolean => Booleans(values, nulls),
            _ => Texts(values, nulls),
        };
    }

    private TArray Fill<T, TArray, TBuilder>(object?[] values, double nulls, PrimitiveArrayBuilder<T, TArray, TBuilder> builder, Func<T> next, Func<T, object> widen)
        where T : struct
        where TArray : IArrowArray
        where TBuilder : class, IArrowArrayBuilder<TArray>
    {
        for (var row = 0; row < values.Length; row++)
        {
            if (_random.NextDouble() < nulls)
            {
                builder.AppendNull();
                continue;
            }

            var value = next();
            values[row] = widen(value);
            builder.Append(value);
        }

        return builder.Build(null);
    }

    private DictionaryArray Coded<T, TArray, TBuilder>(object?[] values, double nulls, PrimitiveArrayBuilder<T, TArray, TBuilder> builder, Func<T> next, Func<T, object> widen)
        where T : struct
        where TArray : IArrowArray
        where TBuilder : class, IArrowArrayBuilder<TArray>
    {
        var words = new object?[5];
        IArrowArray dictionary = Fill(words, nulls / 2, builder, next, widen);
        return Coded(values, nulls, words, dictionary);
    }

    private DictionaryArray Coded(object?[] values, double nulls, object?[] words, IArrowArray dictionary)
    {
        var indexes = new Int16Array.Builder();
        for (var row = 0; row < values.Length; row++)
        {
            if (_random.NextDouble() < nulls)
            {
                indexes.AppendNull();
                continue;
            }

            var index = _random.Next(words.Length);
            values[row] = words[index];
            indexes.Append((short)index);
        }

        return new DictionaryArray(new DictionaryType(Int16Type.Default, dictionary.Data.DataType, false), indexes.Build(), dictionary);
    }

    private BooleanArray Booleans(object?[] values, double nulls)
    {
        var builder = new BooleanArray.Builder();
        for (var row = 0; row < values.Length; row++)
        {
            bool? value = _random.NextDouble() < nulls ? null : _random.Next(2) == 1;
            values[row] = value;
            _ = value is { } v ? builder.Append(v) : builder.AppendNull();
        }

        return builder.Build();
    }

    private IArrowArray Texts(object?[] values, double nulls)
    {
        if (_random.Next(3) == 0)
        {
            var words = Words.Cast<object?>().Append(null).ToArray();
            return Coded(values, nulls, words, new StringArray.Builder().AppendRange(Words).AppendNull().Build());
        }

        var plain = new StringArray.Builder();
        var view = new StringViewArray.Builder();
        for (var row = 0; row < values.Length; row++)
        {
            if (_random.NextDouble() < nulls)
            {
                plain.AppendNull();
                view.AppendNull();
                continue;
            }

            var word = Words[_random.Next(Words.Length)];
            values[row] = word;
            plain.Append(word);
            view.Append(word);
        }

        return _random.Next(2) == 0 ? plain.Build() : view.Build();
    }

    private double Number() => _random.Next(12) switch
    {
        0 => double.NaN,
        1 => -0.0,
        2 => double.PositiveInfinity,
        _ => (_random.NextDouble() - 0.5) * 100,
    };

    private long Integer(int bits) => _random.NextInt64() >> (64 - bits) << (_random.Next(2) * 2) >> (_random.Next(2) * 2);
}
