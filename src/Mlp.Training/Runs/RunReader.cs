using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>Reads the files of a run.</summary>
internal sealed class RunReader
{
    private readonly RunFolder _folder;
    private readonly RunHeader _header;
    private readonly bool _isHeld;
    private readonly Dictionary<string, string> _parameters;
    private readonly Dictionary<string, string> _tags;
    private readonly Dictionary<string, List<MetricPoint>> _metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RunArtifact> _artifacts = new(StringComparer.Ordinal);
    private readonly List<RunModel> _models = [];
    private RunFact? _end;
    private long _lost;
    private long _lastNumber;
    private string? _problem;

    private RunReader(RunFolder folder, RunHeader header, bool isHeld)
    {
        (_folder, _header, _isHeld) = (folder, header, isHeld);
        _parameters = new(header.Parameters, StringComparer.Ordinal);
        _tags = new(header.Tags, StringComparer.Ordinal);
    }

    /// <summary>Reads a run.</summary>
    /// <param name="experimentFolder">Full path of the experiment's folder.</param>
    /// <param name="name">Name of the run.</param>
    /// <returns>The run; null when there is none. A damaged one says so.</returns>
    public static RunRecord? TryRead(string experimentFolder, string name)
    {
        var folder = new RunFolder(Path.Combine(experimentFolder, name));
        try
        {
            var header = RunHeader.Read(folder.Header);

            // The lock is looked at first: a run that ends meanwhile writes its end before it frees the lock.
            var reader = new RunReader(folder, header, RunLock.IsHeld(RunFolder.Lock(experimentFolder, header.Id)));
            reader.ReadSegments();
            return reader.ToRecord();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is CorruptFileException or UnsupportedFormatVersionException)
        {
            return new RunRecord
            {
                Id = string.Empty,
                Experiment = Path.GetFileName(experimentFolder),
                Name = name,
                Status = RunStatus.Killed,
                StartedAt = DateTimeOffset.UnixEpoch,
                Problem = e.Message,
            };
        }
    }

    private void ReadSegments()
    {
        foreach (var path in _folder.Segments())
        {
            try
            {
                using var segment = FrameLogReader.Open(path, throwOnDamage: false);
                RunSegmentHeader.Check(segment, _header.Id);
                while (segment.Read())
                {
                    ReadEntry(segment.Payload.Span);
                }

                _problem ??= segment.Damage?.Message;
            }
            catch (FormatException e)
            {
                _problem ??= $"Expected entries of a run in '{path}', but {e.Message}";
            }
            catch (Exception e) when (e is CorruptFileException or UnsupportedFormatVersionException)
            {
                _problem ??= e.Message;
            }
        }
    }

    private void ReadEntry(ReadOnlySpan<byte> entry)
    {
        var number = RunEntries.NumberOf(entry);
        if (number <= _lastNumber)
        {
            return;
        }

        _lastNumber = number;
        var (metric, fact) = RunEntries.Read(entry);
        if (metric is var (name, point))
        {
            if (!_metrics.TryGetValue(name, out var points))
            {
                _metrics[name] = points = [];
            }

            points.Add(point);
        }
        else if (fact is not null)
        {
            ReadFact(fact);
        }
    }

    private void ReadFact(RunFact fact)
    {
        _lost = Math.Max(_lost, fact.Lost ?? 0);
        if (fact.Status is not null)
        {
            _end = fact;
        }
        else if (fact is { Artifact: { } artifact, Sha256: { } hash, ByteCount: { } length })
        {
            _artifacts[artifact] = new RunArtifact(artifact, _folder.Artifact(artifact), hash, length);
        }
        else if (fact is { Model: { } model, Version: { } version })
        {
            _models.Add(new RunModel(model, version));
        }
        else if (fact is { Parameter: { } parameter, Value: { } setting })
        {
            _parameters[parameter] = setting;
        }
        else if (fact is { Tag: { } tag, Value: { } label })
        {
            _tags[tag] = label;
        }
    }

    private RunRecord ToRecord() => new()
    {
        Id = _header.Id,
        Experiment = _header.Experiment,
        Name = _header.Name,
        Status = _end?.Status ?? (_isHeld ? RunStatus.Running : RunStatus.Killed),
        StartedAt = _header.StartedAt,
        EndedAt = _end?.Time,
        Reason = _end?.Reason,
        Parameters = _parameters,
        Tags = _tags,
        Metrics = _metrics.ToDictionary(m => m.Key, IReadOnlyList<MetricPoint> (m) => m.Value, StringComparer.Ordinal),
        Artifacts = [.. _artifacts.Values],
        Models = _models,
        CodeVersion = _header.CodeVersion,
        Environment = _header.Environment,
        TrainingSetHash = _header.TrainingSetHash,
        TrainingSetRowCount = _header.TrainingSetRowCount,
        ParentRunId = _header.ParentRunId,
        LostEntryCount = _lost,
        LastEntryNumber = _lastNumber,
        Problem = _problem,
    };
}
