using DuckDB.NET.Data;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>
/// A Parquet file as Spark writes a table with a column of its ml vectors: the columns that a vector is made of, and the class of its type in the footer. The JVM that reads it makes a column of that type.
/// </summary>
internal static class VectorFile
{
    /// <summary>The type of vectors of spark.ml.</summary>
    public const string Ml = "org.apache.spark.ml.linalg.VectorUDT";

    /// <summary>The type of vectors of the older spark.mllib.</summary>
    public const string Mllib = "org.apache.spark.mllib.linalg.VectorUDT";

    private const string Schema =
        """
        {"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"x","nullable":true,"metadata":{},"type":{"type":"udt","class":"CLASS","pyClass":null,"sqlType":{"type":"struct","fields":[
          {"name":"type","type":"byte","nullable":false,"metadata":{}},
          {"name":"size","type":"integer","nullable":true,"metadata":{}},
          {"name":"indices","type":{"type":"array","elementType":"integer","containsNull":false},"nullable":true,"metadata":{}},
          {"name":"values","type":{"type":"array","elementType":"double","containsNull":false},"nullable":true,"metadata":{}}]}}}]}
        """;

    /// <summary>A vector with all its elements.</summary>
    public static string Dense(params string[] values) => $"{{'type': 1, 'size': NULL, 'indices': NULL, 'values': [{string.Join(", ", values)}]}}";

    /// <summary>A vector with some of its elements.</summary>
    public static string Sparse(int size, int[] indices, params string[] values)
        => FormattableString.Invariant($"{{'type': 0, 'size': {size}, 'indices': [{string.Join(", ", indices)}], 'values': [{string.Join(", ", values)}]}}");

    /// <summary>Writes the vectors, each with its number from 1 on as <c>id</c>.</summary>
    public static async Task WriteAsync(string path, string type, params string?[] vectors)
    {
        var rows = vectors.Select((v, i) => FormattableString.Invariant($"({i + 1}, {v ?? "NULL"}::STRUCT(\"type\" TINYINT, size INTEGER, indices INTEGER[], \"values\" DOUBLE[]))"));
        await using var connection = new DuckDBConnection("DataSource=:memory:");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText =
            $"""
            COPY (SELECT id::BIGINT AS id, x FROM (VALUES {string.Join(", ", rows)}) AS t(id, x)) TO '{path}'
            (FORMAT parquet, KV_METADATA {'{'}'org.apache.spark.sql.parquet.row.metadata': '{Schema.Replace("CLASS", type, StringComparison.Ordinal)}'{'}'})
            """;
        await command.ExecuteNonQueryAsync();
    }
}
