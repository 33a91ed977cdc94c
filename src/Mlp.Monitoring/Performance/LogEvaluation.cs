using Apache.Arrow;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Queries;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Performance;

/// <summary>
/// Evaluates a model from the files, whatever their size: labels and answers are joined on the disk, and of each result's labelled rows 24 bytes are kept, since the figures need them in order. Used once;
/// not thread-safe.
/// </summary>
internal sealed class LogEvaluation
{
    /// <summary>Windows that one evaluation may have: more are a mistake in a unit.</summary>
    private const long MaximumWindowCount = 100_000;

    private readonly string _model;
    private readonly LogScan _log;
    private readonly LabelStore _labels;
    private readonly EvaluationOptions _options;
    private readonly DateTimeOffset _now;
    private readonly bool _withFeatures;
    private readonly Func<int, bool>? _isVersion;
    private readonly Dictionary<int, NumericFeatures> _features = [];
    private readonly AnswerReader _answers;
    private readonly SliceColumn[] _columns;
    private readonly SliceValues[] _values;
    private readonly Dictionary<int, ModelOutput> _outputs = [];
    private readonly Dictionary<QualityGroupKey, QualityGroup> _groups = [];
    private readonly Dictionary<QualityGroupKey, long> _immature = [];
    private readonly Dictionary<int, long> _rowCounts = [];
    private readonly long _from;
    private readonly long _to;
    private readonly long _window;
    private readonly long _slide;
    private readonly long _maturedBefore;
    private readonly long _anchor;
    private int _valueCount;

    /// <summary>Prepares an evaluation; nothing is read.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="log">The model's log.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="options">Validated.</param>
    /// <param name="now">The time that maturity counts back from.</param>
    /// <param name="withFeatures">Whether the numbers of each row are its features (<see cref="NumericFeatures"/>) where the model is a regression.</param>
    /// <param name="versions">The versions that are read, where they are not <see cref="EvaluationOptions.Version"/>.</param>
    public LogEvaluation(
        string model, LogScan log, LabelStore labels, EvaluationOptions options, DateTimeOffset now, bool withFeatures = false, IReadOnlyCollection<int>? versions = null)
    {
        _isVersion = versions is not null ? versions.Contains : options.Version is { } version ? v => v == version : null;
        (_model, _log, _labels, _options, _now, _withFeatures) = (model, log, labels, options, now, withFeatures);
        _answers = new AnswerReader(model, options.Query);
        _columns = [.. options.Slices.Select(s => new SliceColumn(s))];
        _values = [.. options.Slices.Select(s => new SliceValues(s.Name))];
        _from = options.From is { } from ? Microseconds.FromRequestTime(from) : long.MinValue;
        _to = options.To is { } to ? Microseconds.FromRequestTime(to) : long.MaxValue;
        _window = options.Window is { } window ? Math.Max(1, Microseconds.FromTimeSpan(window)) : 0;
        _slide = options.Slide is { } slide ? Math.Max(1, Microseconds.FromTimeSpan(slide)) : _window;
        _maturedBefore = options.Maturity > TimeSpan.Zero ? Microseconds.FromRequestTime(now - options.Maturity) : long.MaxValue;
        _anchor = options.From is null ? 0 : _from;
    }

    /// <summary>Hears of every batch of the versions that are read; rows outside the range are among them.</summary>
    public Action<RecordBatch>? Observer { get; init; }

    /// <summary>How many numbers a row has beside its score; those of a version that has fewer are NaN.</summary>
    public int ValueCount => _valueCount;

    /// <summary>Versions whose output is known after <see cref="Run"/>.</summary>
    public IReadOnlyDictionary<int, ModelOutput> Outputs => _outputs;

    /// <summary>What the join read.</summary>
    public JoinStatistics? Statistics { get; private set; }

    /// <summary>Reads, joins and computes.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>Results by version, window, variant and slice; those of all variants and slices first.</returns>
    public IReadOnlyList<PerformanceResult> Run(string scratch, CancellationToken cancellationToken)
    {
        Join(scratch, AddToGroups, cancellationToken);
        return [.. Results()];
    }

    /// <summary>Reads and joins.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="read">Hears of every answer in the range.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public void Join(string scratch, LabelJoin.RowReader read, CancellationToken cancellationToken)
    {
        ReadHeaders(cancellationToken);
        var names = _outputs.Values.Select(AnswerReader.LabelNameOf).Distinct(StringComparer.Ordinal).ToList();
        using var join = new LabelJoin(scratch, names, _labels.EstimateCount(), _columns.Length, _valueCount);
        if (names.Count > 0)
        {
            _labels.Follow().ReadNew((_, _, batch) => join.AddLabels(batch), cancellationToken);
        }

        var slices = new int[_columns.Length];
        var values = new double[_valueCount];
        _log.Read(
            (header, batch) =>
            {
                // Another version than was asked for, or one that was begun after the headers were read: its label's name was not asked for.
                if (!_outputs.TryGetValue(header.Version, out var output))
                {
                    return;
                }

                Observer?.Invoke(batch);
                var name = join.IndexOf(AnswerReader.LabelNameOf(output));
                _answers.Read(header.Version, batch, (ref JoinedRow row, int i) =>
                {
                    if (!IsInRange(row.RequestTime))
                    {
                        return;
                    }

                    for (var s = 0; s < slices.Length; s++)
                    {
                        slices[s] = _values[s].Count(_columns[s].Read(batch, i));
                    }

                    ReadValues(header.Version, batch, i, values);

                    _rowCounts[header.Version] = _rowCounts.GetValueOrDefault(header.Version) + 1;
                    row.Name = name;
                    join.AddRow(row, slices, values);
                });
            },
            new PredictionFilter { From = _from, To = _to },
            _isVersion,
            cancellationToken);
        Statistics = join.Run(read, cancellationToken);
    }

    /// <summary>The scores of the classes, or the features.</summary>
    private void ReadValues(int version, RecordBatch batch, int row, Span<double> values)
    {
        values.Fill(double.NaN);
        if (_features.TryGetValue(version, out var features))
        {
            features.Read(batch, row, values);
        }
        else if (!values.IsEmpty)
        {
            var own = AnswerReader.ScoresOf(batch, row);
            own[..Math.Min(own.Length, values.Length)].CopyTo(values);
        }
    }

    private bool IsInRange(long time) => time == ScoreIndex.Entry.UnknownTime ? _from == long.MinValue && _to == long.MaxValue && _window == 0 : time >= _from && time < _to;

    private void ReadHeaders(CancellationToken cancellationToken)
    {
        foreach (var header in _log.Headers(_isVersion))
        {
            _outputs[header.Version] = header.Output;
            if (_withFeatures && header.Output.Task == ModelTask.Regression)
            {
                _features[header.Version] = new NumericFeatures(header.Features);
                _valueCount = Math.Max(_valueCount, _features[header.Version].Count);
            }
            else if (header.Output.Task == ModelTask.MulticlassClassification)
            {
                _valueCount = Math.Max(_valueCount, header.Output.ClassNames.Count > 0 ? header.Output.ClassNames.Count : CountScores(header.Version, cancellationToken));
            }
        }
    }

    /// <summary>The number of classes of a model that does not name them: as many as its first answer has scores.</summary>
    private int CountScores(int version, CancellationToken cancellationToken)
    {
        var count = 0;
        _log.FindBatch(
            version,
            batch =>
            {
                for (var i = 0; i < batch.Length && count == 0; i++)
                {
                    count = AnswerReader.ScoresOf(batch, i).Length;
                }

                return count > 0;
            },
            cancellationToken);
        return count;
    }

    /// <summary>Says the numbers of the windows that a time lies in; 0 without windows.</summary>
    public void VisitWindows(long time, Action<long> visit)
    {
        if (_window == 0)
        {
            visit(0);
            return;
        }

        foreach (var window in WindowsOf(time))
        {
            visit(window);
        }
    }

    /// <summary>Length of a window; null for one over the whole range.</summary>
    public TimeSpan? Length => _options.Window;

    /// <summary>First time of a window.</summary>
    public DateTimeOffset StartOf(long window) => Microseconds.ToDateTimeOffset(_anchor + (window * _slide));

    /// <summary>The time that a window stops before.</summary>
    public DateTimeOffset EndOf(long window) => Microseconds.ToDateTimeOffset(_anchor + (window * _slide) + _window);

    /// <summary>Groups for the same rows by other windows; they are added by the caller.</summary>
    /// <param name="options">The windows; range and version are those of this evaluation.</param>
    public LogEvaluation Regroup(EvaluationOptions options)
    {
        var groups = new LogEvaluation(_model, _log, _labels, options, _now);
        foreach (var (version, output) in _outputs)
        {
            groups._outputs.Add(version, output);
        }

        return groups;
    }

    /// <summary>Adds a row to the results that it belongs to.</summary>
    /// <param name="row">The answer with its label.</param>
    /// <param name="slices">Its slice numbers.</param>
    /// <param name="values">The scores of its classes.</param>
    public void AddToGroups(in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values)
    {
        if (_window == 0)
        {
            AddToGroups(row, slices, values, 0);
            return;
        }

        foreach (var window in WindowsOf(row.RequestTime))
        {
            AddToGroups(row, slices, values, window);
        }
    }

    /// <summary>Window k reaches from anchor + k * slide on, for as long as a window is.</summary>
    private IEnumerable<long> WindowsOf(long time)
    {
        for (var k = FloorDivide(time - _anchor, _slide); k * _slide > time - _anchor - _window; k--)
        {
            if (_options.From is null || k >= 0)
            {
                yield return k;
            }
        }
    }

    private void AddToGroups(in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values, long window)
    {
        var own = values[..Math.Min(values.Length, _outputs[row.Version].ClassNames.Count is > 0 and var count ? count : values.Length)];
        Add(new(row.Version, -1, -1, 0, window), row, own);
        if (_options.ByVariant)
        {
            Add(new(row.Version, row.Variant, -1, 0, window), row, own);
        }

        for (var s = 0; s < slices.Length; s++)
        {
            Add(new(row.Version, -1, s, PartOf(s, slices[s]), window), row, own);
        }
    }

    private void Add(QualityGroupKey key, in JoinedRow row, ReadOnlySpan<double> values)
    {
        if (row.RequestTime >= _maturedBefore)
        {
            _immature[key] = _immature.GetValueOrDefault(key) + 1;
        }
        else
        {
            GroupOf(key).Add(row, values);
        }
    }

    private int PartOf(int slice, int number)
    {
        var parts = _values[slice].Top(_options.MaximumSliceCount);
        return parts.TryGetValue(number, out var part) ? part : parts.Count;
    }

    private QualityGroup GroupOf(QualityGroupKey key)
    {
        if (!_groups.TryGetValue(key, out var group))
        {
            if (_groups.Count >= MaximumWindowCount)
            {
                throw new ArgumentException($"Expected an evaluation of at most {MaximumWindowCount} results, but found more: the window or the slide is too short for the range, or there are too many slices (model '{_model}').");
            }

            // The one result that all rows of a version go to need not grow by doubling.
            var isWhole = _window == 0 && key is { Variant: < 0, Slice: < 0 };
            group = new QualityGroup(_outputs[key.Version], isWhole ? (int)Math.Min(_rowCounts.GetValueOrDefault(key.Version), int.MaxValue / 16) : 0);
            _groups.Add(key, group);
        }

        return group;
    }

    /// <summary>The results of the rows that were added.</summary>
    public IEnumerable<PerformanceResult> Results()
    {
        foreach (var key in _immature.Keys)
        {
            GroupOf(key);
        }

        if (_window == 0)
        {
            foreach (var version in _outputs.Keys)
            {
                // A version that the range has nothing of has a result that says so.
                GroupOf(new(version, -1, -1, 0, 0));
            }
        }

        var ordered = _groups.OrderBy(g => g.Key.Version).ThenBy(g => g.Key.Window).ThenBy(g => g.Key.Slice).ThenBy(g => g.Key.Variant).ThenBy(g => g.Key.Part);
        foreach (var (key, group) in ordered)
        {
            var result = QualityCalculator.Compute(group, _outputs[key.Version], _model, key.Version, _options) with
            {
                Variant = key.Variant < 0 ? null : _answers.Variants.ElementAtOrDefault(key.Variant),
                Slice = key.Slice < 0 ? null : _values[key.Slice].NameOf(key.Part, _options.MaximumSliceCount),
                From = _window == 0 ? _options.From : StartOf(key.Window),
                To = _window == 0 ? _options.To : EndOf(key.Window),
                ImmatureCount = _immature.GetValueOrDefault(key),
            };
            yield return result with { Problem = (key.Slice < 0 ? null : FindProblemOf(_columns[key.Slice])) ?? QualityProblems.Find(result) };
        }
    }

    /// <summary>A mistyped name looks like a slice that holds all rows.</summary>
    private string? FindProblemOf(SliceColumn column)
        => column.HasValues ? null : $"Expected predictions with a value of {column.Description} to slice by, but found none (model '{_model}').";

    private static long FloorDivide(long value, long divisor) => (value / divisor) - (value % divisor < 0 ? 1 : 0);
}
