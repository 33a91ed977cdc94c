using System.Numerics;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>Sets single features of a row, for compiled mappings. NaN says that there is no value, as in a span of features.</summary>
internal static class RecordCells
{
    public static void SetFloat32(FeatureRows rows, int row, int column, int ordinal, float value)
    {
        rows.Float32Of(row)[ordinal] = value;
        SetStatus(rows, row, column, float.IsNaN(value) ? FeatureStatus.Null : FeatureStatus.Present);
    }

    public static void SetFloat64(FeatureRows rows, int row, int column, int ordinal, double value)
    {
        rows.Float64Of(row)[ordinal] = value;
        SetStatus(rows, row, column, double.IsNaN(value) ? FeatureStatus.Null : FeatureStatus.Present);
    }

    public static void SetInt64(FeatureRows rows, int row, int column, int ordinal, long value)
    {
        rows.Int64Of(row)[ordinal] = value;
        SetStatus(rows, row, column, FeatureStatus.Present);
    }

    public static void SetBoolean(FeatureRows rows, int row, int column, int ordinal, bool value)
    {
        rows.BooleanOf(row)[ordinal] = value;
        SetStatus(rows, row, column, FeatureStatus.Present);
    }

    public static void SetString(FeatureRows rows, int row, int column, int ordinal, string? value)
    {
        rows.SetString(row, ordinal, value.AsSpan());
        SetStatus(rows, row, column, value is null ? FeatureStatus.Null : FeatureStatus.Present);
    }

    public static void SetNull(FeatureRows rows, int row, int column) => SetStatus(rows, row, column, FeatureStatus.Null);

    public static void SetFloat32s<T>(FeatureRows rows, int row, int column, int ordinal, int width, T[]? values, string property)
        where T : INumberBase<T>
    {
        Require(values, width, property);
        for (var i = 0; i < width; i++)
        {
            SetFloat32(rows, row, column + i, ordinal + i, float.CreateTruncating(values![i]));
        }
    }

    public static void SetFloat64s<T>(FeatureRows rows, int row, int column, int ordinal, int width, T[]? values, string property)
        where T : INumberBase<T>
    {
        Require(values, width, property);
        for (var i = 0; i < width; i++)
        {
            SetFloat64(rows, row, column + i, ordinal + i, double.CreateTruncating(values![i]));
        }
    }

    public static void SetInt64s<T>(FeatureRows rows, int row, int column, int ordinal, int width, T[]? values, string property)
        where T : INumberBase<T>
    {
        Require(values, width, property);
        for (var i = 0; i < width; i++)
        {
            SetInt64(rows, row, column + i, ordinal + i, long.CreateTruncating(values![i]));
        }
    }

    public static void SetBooleans(FeatureRows rows, int row, int column, int ordinal, int width, bool[]? values, string property)
    {
        Require(values, width, property);
        for (var i = 0; i < width; i++)
        {
            SetBoolean(rows, row, column + i, ordinal + i, values![i]);
        }
    }

    public static void SetStrings(FeatureRows rows, int row, int column, int ordinal, int width, string?[]? values, string property)
    {
        Require(values, width, property);
        for (var i = 0; i < width; i++)
        {
            SetString(rows, row, column + i, ordinal + i, values![i]);
        }
    }

    /// <summary>Sets a vector. NaN within it is a value.</summary>
    public static void SetVector(FeatureRows rows, int row, int column, int ordinal, int length, ReadOnlyMemory<float>? vector, string property)
    {
        if (vector is not { } values)
        {
            SetNull(rows, row, column);
            return;
        }

        if (values.Length != length)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected {VectorColumn.Expected(length)} in property {property}, but found one of {values.Length}."));
        }

        values.Span.CopyTo(rows.Float32Of(row).Slice(ordinal, length));
        SetStatus(rows, row, column, FeatureStatus.Present);
    }

    // A null array that C# turned into memory is an empty one.
    public static ReadOnlyMemory<float>? OfMemory(ReadOnlyMemory<float>? vector) => vector is { IsEmpty: true } ? default(ReadOnlyMemory<float>?) : vector;

    // Typed, because null would become an empty memory.
    public static ReadOnlyMemory<float>? AsMemory(float[]? vector) => vector is null ? default(ReadOnlyMemory<float>?) : vector.AsMemory();

    private static void SetStatus(FeatureRows rows, int row, int column, FeatureStatus status) => rows.StatusOf(row)[column] = status;

    private static void Require(Array? values, int width, string property)
    {
        if (values?.Length != width)
        {
            var found = values is null ? "none" : FormattableString.Invariant($"{values.Length}");
            throw new ArgumentException(FormattableString.Invariant($"Expected {width} values in property {property}, but found {found}."));
        }
    }
}
