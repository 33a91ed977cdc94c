using System.Text;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Reads a stored feature of a row for the method of an on-demand view; null where it is not present.</summary>
internal static class InputValue
{
    public static float? GetFloat32(FeatureRows rows, int row, FeatureTarget target) => IsPresent(rows, row, target) ? rows.Float32Of(row)[target.Ordinal] : null;

    public static double? GetFloat64(FeatureRows rows, int row, FeatureTarget target) => IsPresent(rows, row, target) ? rows.Float64Of(row)[target.Ordinal] : null;

    public static long? GetInt64(FeatureRows rows, int row, FeatureTarget target) => IsPresent(rows, row, target) ? rows.Int64Of(row)[target.Ordinal] : null;

    public static bool? GetBoolean(FeatureRows rows, int row, FeatureTarget target) => IsPresent(rows, row, target) ? rows.BooleanOf(row)[target.Ordinal] : null;

    /// <summary>Allocates the text.</summary>
    public static string? GetString(FeatureRows rows, int row, FeatureTarget target) => IsPresent(rows, row, target) ? Encoding.UTF8.GetString(rows.StringOf(row, target.Ordinal)) : null;

    /// <summary>Allocates the vector: the row's memory is the model's input.</summary>
    public static float[]? GetArray(FeatureRows rows, int row, FeatureTarget target)
        => IsPresent(rows, row, target) ? rows.Float32Of(row).Slice(target.Ordinal, rows.Layout.Columns[target.Column].Length).ToArray() : null;

    // Typed, because null would become an empty memory.
    public static ReadOnlyMemory<float>? GetMemory(FeatureRows rows, int row, FeatureTarget target) => GetArray(rows, row, target) is { } vector ? vector.AsMemory() : default(ReadOnlyMemory<float>?);

    public static FeatureStatus GetStatus(FeatureRows rows, int row, FeatureTarget target) => rows.StatusOf(row)[target.Column];

    private static bool IsPresent(FeatureRows rows, int row, FeatureTarget target) => rows.StatusOf(row)[target.Column] == FeatureStatus.Present;
}
