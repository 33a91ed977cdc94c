using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Features.Joins;

/// <summary>Number, time and keys of the rows of a question as a table of DuckDB: <see cref="JoinSql.SpineTable"/> with the columns r, t, k0 and so on. Not thread-safe; one per session.</summary>
internal sealed class KeyTable : IDisposable
{
    private readonly DuckDbSession _session;
    private readonly Schema _schema;
    private DuckDbAppender? _appender;
    private long _firstTime = long.MaxValue;
    private long _lastTime = long.MinValue;

    internal KeyTable(DuckDbSession session, IReadOnlyList<KeyColumn> keys)
    {
        _session = session;
        _schema = new Schema(
            [
                new Field(JoinSql.Row, Int64Type.Default, nullable: false),
                new Field(JoinSql.Time, Int64Type.Default, nullable: false),
                .. keys.Select((k, i) => new Field(JoinSql.Key(i), FeatureViewDefinition.ArrowTypeOf(k.Kind), nullable: true)),
            ],
            metadata: null);
        var columns = keys.Select((k, i) => $"{JoinSql.Key(i)} {Sql.TypeOf(k.Kind)}").Prepend($"{JoinSql.Time} BIGINT").Prepend($"{JoinSql.Row} BIGINT");
        session.Execute($"CREATE TEMP TABLE {JoinSql.SpineTable} ({string.Join(", ", columns)})");
    }

    internal long RowCount { get; private set; }

    /// <summary>The earliest time of all rows, microseconds.</summary>
    internal long FirstTime => RowCount == 0 ? 0 : _firstTime;

    /// <summary>The latest time of all rows, microseconds.</summary>
    internal long LastTime => RowCount == 0 ? 0 : _lastTime;

    /// <summary>Adds rows.</summary>
    /// <param name="times">Their times, none null.</param>
    /// <param name="keys">Their keys in canonical form, in the order of the table.</param>
    internal void Append(TimestampArray times, IEnumerable<IArrowArray> keys)
    {
        _appender ??= _session.CreateAppender(JoinSql.SpineTable, _schema);
        foreach (var time in times.Values)
        {
            _firstTime = Math.Min(_firstTime, time);
            _lastTime = Math.Max(_lastTime, time);
        }

        var first = RowCount;
        var rows = new Int64Array.Builder().Reserve(times.Length).AppendRange(Enumerable.Range(0, times.Length).Select(i => first + i)).Build();
        _appender.Append(new RecordBatch(_schema, [rows, ArrayBits.As(times, Int64Type.Default), .. keys], times.Length));
        RowCount += times.Length;
    }

    /// <summary>Ends adding.</summary>
    internal void Complete()
    {
        _appender?.Close();
        _appender?.Dispose();
        _appender = null;
    }

    public void Dispose() => _appender?.Dispose();
}
