using System.Globalization;
using System.Runtime.InteropServices;
using DuckDB.NET.Data;

namespace Mlp.Runtime.Interop;

/// <summary>Looks at SQL of a caller without running it.</summary>
internal static unsafe class DuckDbStatements
{
    private const int Select = 1;

    /// <summary>What keeps a text from being one SELECT; null when it is one.</summary>
    /// <param name="connection">An open connection, whose tables the SQL may name.</param>
    /// <param name="sql">The text.</param>
    /// <returns>The rest of a sentence that ends in "but".</returns>
    internal static string? FindFaultOfSelect(DuckDBConnection connection, string sql) => FindFault(connection, sql, prepares: true);

    /// <summary>What keeps a text from being one expression that closes no more parentheses than it opens; null when it is one.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="sql">The text.</param>
    /// <returns>The rest of a sentence that ends in "but".</returns>
    internal static string? FindFaultOfExpression(DuckDBConnection connection, string sql)

        // Without parentheses around it, one that is closed too early is a fault.
        => FindFault(connection, $"SELECT\n{sql}\n", prepares: false) ?? FindFault(connection, $"SELECT (\n{sql}\n)", prepares: false);

    private static string? FindFault(DuckDBConnection connection, string sql, bool prepares)
    {
        var count = DuckDbNative.ExtractStatements(connection.NativeConnection, sql, out var statements);
        try
        {
            return count switch
            {
                0 when Marshal.PtrToStringUTF8((nint)DuckDbNative.ExtractStatementsError(statements)) is { Length: > 0 } error => Says(error),
                0 => "there is no statement in it.",
                1 => prepares ? FindOtherKind(connection, statements) : null,
                _ => string.Create(CultureInfo.InvariantCulture, $"found {count} statements."),
            };
        }
        finally
        {
            DuckDbNative.DestroyExtracted(ref statements);
        }
    }

    private static string? FindOtherKind(DuckDBConnection connection, nint statements)
    {
        var state = DuckDbNative.PrepareExtractedStatement(connection.NativeConnection, statements, 0, out var prepared);
        try
        {
            return state != DuckDbNative.Success ? Says(Marshal.PtrToStringUTF8((nint)DuckDbNative.PrepareError(prepared)) ?? "no reason given")
                : DuckDbNative.PreparedStatementType(prepared) == Select ? null
                : "found a statement of another kind.";
        }
        finally
        {
            DuckDbNative.DestroyPrepare(ref prepared);
        }
    }

    private static string Says(string error) => $"DuckDB says: {error.Split('\n', 2)[0]}";
}
