using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Sampling;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Models;

namespace Mlp.Monitoring.Performance;

/// <summary>Joins the labels to the logs of all models, to find those that name no logged answer and those that their model cannot have. Used once.</summary>
/// <param name="directory">Where the logs lie.</param>
/// <param name="labels">The labels.</param>
/// <param name="sampling">How models are sampled, by name.</param>
/// <param name="settings">How DuckDB is limited where it reads what was compacted.</param>
internal sealed class LabelCheck(DataDirectory directory, LabelStore labels, IReadOnlyDictionary<string, SamplingConfiguration> sampling, DuckDbSettings settings)
{
    private readonly List<(string Model, int Version, ModelOutput Output)> _versions = [];
    private readonly Dictionary<(string Model, int Version), long> _wrong = [];
    private readonly LeftOutDraw _draw = new(sampling);

    /// <summary>Reads and joins.</summary>
    /// <param name="scratch">Folder for what does not fit into memory.</param>
    /// <param name="now">The time that findings reach to.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public LabelReport Run(string scratch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var folders = Directory.Exists(directory.Predictions) ? Directory.GetDirectories(directory.Predictions).Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        var models = folders.Select(Path.GetFileName).OfType<string>().Where(name => PlatformName.FindProblem(name, "model") is null).ToList();
        foreach (var header in models.SelectMany(model => LogScan.Of(directory, model, settings: settings).Headers()))
        {
            if (!_versions.Exists(v => v.Model == header.Model && v.Version == header.Version))
            {
                _versions.Add((header.Model, header.Version, header.Output));
            }
        }

        var names = _versions.Select(v => AnswerReader.LabelNameOf(v.Output)).Append(Label.DefaultName).Distinct(StringComparer.Ordinal).ToList();
        using var join = new LabelJoin(scratch, names, labels.EstimateCount());
        labels.Follow().ReadNew((_, _, batch) => join.AddLabels(batch), cancellationToken);
        foreach (var model in models)
        {
            var answers = new AnswerReader(model);
            LogScan.Of(directory, model, settings: settings).Read(
                (header, batch) => answers.Read(header.Version, batch, (ref JoinedRow row, int _) =>
                {
                    var version = _versions.FindIndex(v => v.Model == header.Model && v.Version == header.Version);
                    if (version < 0)
                    {
                        // Of a segment that was begun meanwhile: known to the next check.
                        return;
                    }

                    row.Version = version;
                    row.Name = join.IndexOf(AnswerReader.LabelNameOf(_versions[version].Output));
                    join.AddRow(row);
                }),
                filter: null,
                isVersion: null,
                cancellationToken);
        }

        var statistics = join.Run(Judge, cancellationToken, id => _draw.MayHaveLeftOut(id));
        var entities = statistics.UnknownEntityCounts.ToLookup(u => _draw.IsSampled(u.Key));
        statistics = statistics with { UnknownEntityCounts = entities[false].ToDictionary(StringComparer.Ordinal), LeftOutCount = statistics.LeftOutCount + entities[true].Sum(u => u.Value) };
        return new LabelReport(statistics.LabelCount, statistics.UnknownCount, _wrong, [.. Findings(statistics, now)])
        {
            UnknownEntityCounts = statistics.UnknownEntityCounts,
            SampledOutCount = statistics.LeftOutCount,
        };
    }

    private void Judge(in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values)
    {
        var (model, version, output) = _versions[row.Version];
        if (!double.IsNaN(row.Label) && !QualityGroup.CanBeLabel(output, row.Label))
        {
            _wrong[(model, version)] = _wrong.GetValueOrDefault((model, version)) + 1;
        }
    }

    private IEnumerable<Finding> Findings(JoinStatistics statistics, DateTimeOffset now)
    {
        if (statistics.UnknownCount > 0)
        {
            yield return LabelFindings.Unknown(statistics.UnknownCount, statistics.LabelCount, now);
        }

        foreach (var (model, count) in statistics.UnknownEntityCounts.OrderBy(u => u.Key, StringComparer.Ordinal))
        {
            yield return LabelFindings.UnknownEntity(model, count, statistics.LabelCount, now);
        }

        foreach (var ((model, version), count) in _wrong.OrderBy(w => w.Key))
        {
            var task = _versions.First(v => v.Model == model && v.Version == version).Output.Task;
            yield return LabelFindings.Wrong(new FigureSubject(model, version), task, count, statistics.LabelCount, null, now);
        }
    }
}
