using System.Globalization;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>Runs side by side: one row per run, one column per setting and metric that any of them has. Immutable.</summary>
public sealed class RunComparison
{
    private readonly IReadOnlyList<RunRecord> _runs;
    private readonly MetricSummary _summary;
    private readonly Func<RunRecord, string> _statusOf = run => EnumTerms<RunStatus>.Of(run.Status);
    private readonly string[] _parameters;
    private readonly string[] _metrics;

    /// <summary>Compares runs.</summary>
    /// <param name="runs">The runs, in the order of the rows.</param>
    /// <param name="summary">Which value of a metric stands for a run.</param>
    /// <param name="differencesOnly">
    /// Whether settings that are the same in all runs are left out. A run that lacks a setting is another only beside one of its kind that has it: parts of runs (<see cref="RunRecord.ParentRunId"/>) have
    /// none of the whole's, and a run that has no trainer's settings at all says nothing of them.
    /// </param>
    public RunComparison(IReadOnlyList<RunRecord> runs, MetricSummary summary = MetricSummary.Last, bool differencesOnly = false)
    {
        ArgumentNullException.ThrowIfNull(runs);
        (_runs, _summary) = (runs, summary);
        _parameters = Keys(runs.SelectMany(r => r.Parameters.Keys))
            .Where(p => !differencesOnly || IsDifferent(runs, p))
            .ToArray();
        _metrics = Keys(runs.SelectMany(r => r.Metrics.Keys)).ToArray();
    }

    /// <summary>Compares trials.</summary>
    /// <param name="runs">Their runs.</param>
    /// <param name="parameters">The settings that are shown, in order.</param>
    /// <param name="statusOf">How a trial has ended.</param>
    internal RunComparison(IReadOnlyList<RunRecord> runs, IEnumerable<string> parameters, Func<RunRecord, string> statusOf)
        : this(runs)
        => (_parameters, _statusOf) = ([.. parameters], statusOf);

    /// <summary>The table as an Arrow batch, which the caller disposes of.</summary>
    /// <returns>
    /// Texts <c>id</c>, <c>name</c>, <c>status</c>, timestamps <c>started</c> and <c>ended</c> (microseconds, UTC), then per setting a text <c>parameter.NAME</c> and per metric a float64
    /// <c>metric.NAME</c>, in ordinal order of their names; null where a run has none.
    /// </returns>
    public RecordBatch ToRecordBatch()
    {
        var columns = new List<(string Name, IArrowType Type, IArrowArray Values)>
        {
            Text("id", r => r.Id),
            Text("name", r => r.Name),
            Text("status", _statusOf),
            Time("started", r => r.StartedAt),
            Time("ended", r => r.EndedAt),
        };
        columns.AddRange(_parameters.Select(p => Text("parameter." + p, r => r.Parameters.GetValueOrDefault(p))));
        columns.AddRange(_metrics.Select(m => Number("metric." + m, r => r.GetMetric(m, _summary))));
        return new RecordBatch(
            new Schema(columns.Select(c => new Field(c.Name, c.Type, nullable: true)), metadata: null), columns.Select(c => c.Values), _runs.Count);
    }

    /// <summary>The table as text: a line of names, then a line per run, with columns aligned. Metrics, and settings with a fraction, have up to 6 significant digits. Where a run has failed the last column says why. Control characters in a setting, as line feeds, are written as \n, \t and so on.</summary>
    /// <returns>Lines that end with a line feed.</returns>
    public override string ToString()
    {
        string[] reason = _runs.Any(r => r.Reason is not null) ? ["reason"] : [];
        string[] head = ["name", "status", "started", "duration", .. _parameters, .. _metrics, .. reason];
        var numbersEnd = head.Length - reason.Length;
        var lines = _runs.Select(run => reason.Length == 0 ? Cells(run) : [.. Cells(run), OnOneLine(run.Reason ?? string.Empty)]).Prepend(head).ToArray();
        var widths = Enumerable.Range(0, head.Length).Select(c => lines.Max(l => l[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.AppendJoin("  ", line.Select((cell, c) => c < 4 + _parameters.Length || c >= numbersEnd ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c])));
            text.Length = text.ToString().TrimEnd(' ').Length;
            text.Append('\n');
        }

        return text.ToString();
    }

    private static bool IsDifferent(IReadOnlyList<RunRecord> runs, string parameter)
    {
        var having = runs.Where(r => r.Parameters.ContainsKey(parameter)).ToArray();
        var arePart = having.Select(r => r.ParentRunId is not null).ToHashSet();
        return having.Select(r => r.Parameters[parameter]).Distinct(StringComparer.Ordinal).Skip(1).Any()
            || runs.Any(r => !r.Parameters.ContainsKey(parameter) && arePart.Contains(r.ParentRunId is not null) && Tells(r, parameter));
    }

    // A trial that failed before it had a trainer, or a run by hand, has none of a trainer's settings.
    private static bool Tells(RunRecord run, string parameter)
        => !parameter.StartsWith(RunParameters.Prefix, StringComparison.Ordinal) || run.Parameters.Keys.Any(k => k.StartsWith(RunParameters.Prefix, StringComparison.Ordinal));

    private static IEnumerable<string> Keys(IEnumerable<string> names) => names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static string Short(string setting)
        => setting.AsSpan().IndexOfAny('.', 'e', 'E') >= 0 && double.TryParse(setting, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number.ToString("G6", CultureInfo.InvariantCulture)
            : setting;

    private static string OnOneLine(string text)
        => text.Any(char.IsControl)
            ? string.Concat(text.Select(c => c switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            }))
            : text;

    private string[] Cells(RunRecord run) =>
    [
        run.Name,
        _statusOf(run),
        run.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        run.EndedAt is { } end ? (end - run.StartedAt).ToString(@"d\.hh\:mm\:ss", CultureInfo.InvariantCulture) : string.Empty,
        .. _parameters.Select(p => OnOneLine(Short(run.Parameters.GetValueOrDefault(p) ?? string.Empty))),
        .. _metrics.Select(m => run.GetMetric(m, _summary)?.ToString("G6", CultureInfo.InvariantCulture) ?? string.Empty),
    ];

    private (string Name, IArrowType Type, IArrowArray Values) Text(string name, Func<RunRecord, string?> value)
        => (name, StringType.Default, _runs.Aggregate(new StringArray.Builder(), (b, r) => value(r) is { } text ? b.Append(text) : b.AppendNull()).Build());

    private (string Name, IArrowType Type, IArrowArray Values) Number(string name, Func<RunRecord, double?> value)
        => (name, DoubleType.Default, _runs.Aggregate(new DoubleArray.Builder(), (b, r) => b.Append(value(r))).Build());

    private (string Name, IArrowType Type, IArrowArray Values) Time(string name, Func<RunRecord, DateTimeOffset?> value)
    {
        var type = new TimestampType(TimeUnit.Microsecond, "UTC");
        return (name, type, _runs.Aggregate(new TimestampArray.Builder(type), (b, r) => value(r) is { } time ? b.Append(time) : b.AppendNull()).Build());
    }
}
