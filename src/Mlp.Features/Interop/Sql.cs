using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Interop;

/// <summary>Names and literals of DuckDB's SQL.</summary>
internal static class Sql
{
    /// <summary>The type of vectors.</summary>
    internal const string VectorType = TextValue.VectorType;

    internal static string Name(string name) => SqlText.Name(name);

    internal static string Text(string text) => SqlText.Text(text);

    internal static string File(string path) => SqlText.File(path);

    /// <summary>The type of a feature; a vector is a list, because DuckDB's arrays of a fixed length take part in neither CASE nor Parquet.</summary>
    internal static string TypeOf(FeatureField field) => field.IsVector ? VectorType : TypeOf(field.Type);

    internal static string TypeOf(FeatureType type) => type switch
    {
        FeatureType.Float32 => "FLOAT",
        FeatureType.Float64 => "DOUBLE",
        FeatureType.Int64 => "BIGINT",
        FeatureType.Boolean => "BOOLEAN",
        _ => "VARCHAR",
    };

    internal static string TypeOf(EntityValueKind kind) => kind == EntityValueKind.Int64 ? "BIGINT" : "VARCHAR";

    /// <summary>The columns of rows as the offline store takes them, with their types.</summary>
    internal static IReadOnlyList<(string Name, string Type)> StoredColumns(FeatureViewDefinition view) =>
    [
        .. view.Keys.Select(k => (k.Name, TypeOf(k.Kind))),
        (FeatureViewDefinition.StoredEventTime, "TIMESTAMP"),
        (FeatureViewDefinition.StoredCreatedTime, "TIMESTAMP"),
        .. view.Fields.Select(f => (f.Name, TypeOf(f))),
    ];
}
