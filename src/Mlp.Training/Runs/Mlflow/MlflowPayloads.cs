using System.Globalization;
using System.Text.Json.Nodes;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>A run as the bodies of MLflow's requests, within the limits that the server has per request and per value.</summary>
internal sealed class MlflowPayloads(RunRecord run)
{
    /// <summary>The tag by which an exported run is found again.</summary>
    public const string RunIdTag = "mlp_run_id";

    private const int MetricsPerBatch = 1000;
    private const int NamesPerBatch = 100;
    private const int ParameterLength = 6000;
    private const int TagLength = 5000;

    private readonly List<string> _shortened = [];

    /// <summary>Names of the values that were cut.</summary>
    public IReadOnlyList<string> Shortened => _shortened;

    /// <summary>The body of runs/create.</summary>
    public JsonObject Create(string experimentId) => new()
    {
        ["experiment_id"] = experimentId,
        ["run_name"] = run.Name,
        ["start_time"] = run.StartedAt.ToUnixTimeMilliseconds(),
        ["tags"] = new JsonArray(
            Entry(RunIdTag, run.Id),
            Entry("mlflow.source.name", run.Environment?.Application is { Length: > 0 } application ? application : "mlp"),
            Entry("mlflow.source.type", "LOCAL")),
    };

    /// <summary>The bodies of runs/log-batch.</summary>
    public IEnumerable<JsonObject> Batches(string runId)
    {
        foreach (var part in run.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Chunk(NamesPerBatch))
        {
            yield return Batch(runId, "params", part.Select(p => Entry(p.Key, Shorten(p.Key, p.Value, ParameterLength))));
        }

        foreach (var part in Tags().Chunk(NamesPerBatch))
        {
            yield return Batch(runId, "tags", part.Select(t => Entry(t.Name, Shorten(t.Name, t.Value, TagLength))));
        }

        var points = run.Metrics.OrderBy(m => m.Key, StringComparer.Ordinal).SelectMany(m => m.Value.Select(p => (m.Key, Point: p)));
        foreach (var part in points.Chunk(MetricsPerBatch))
        {
            yield return Batch(runId, "metrics", part.Select(p => new JsonObject
            {
                ["key"] = p.Key,
                ["value"] = Number(p.Point.Value),
                ["timestamp"] = p.Point.Time.ToUnixTimeMilliseconds(),
                ["step"] = p.Point.Step,
            }));
        }
    }

    /// <summary>The body of runs/log-inputs; null when the run does not know its training set.</summary>
    public JsonObject? Inputs(string runId)
    {
        if (run.TrainingSetHash is not { } hash)
        {
            return null;
        }

        var dataset = new JsonObject
        {
            ["name"] = "training-set",
            ["digest"] = hash[..Math.Min(hash.Length, 36)],
            ["source_type"] = "local",
            ["source"] = new JsonObject { ["content_sha256"] = hash }.ToJsonString(),
        };
        if (run.TrainingSetRowCount is { } rows)
        {
            dataset["profile"] = new JsonObject { ["num_rows"] = rows }.ToJsonString();
        }

        return new JsonObject
        {
            ["run_id"] = runId,
            ["datasets"] = new JsonArray(new JsonObject { ["dataset"] = dataset, ["tags"] = new JsonArray(Entry("mlflow.data.context", "training")) }),
        };
    }

    /// <summary>The body of runs/update; null while the run goes on.</summary>
    public JsonObject? End(string runId)
    {
        if (run.Status == RunStatus.Running)
        {
            return null;
        }

        var body = new JsonObject { ["run_id"] = runId, ["status"] = run.Status.ToString().ToUpperInvariant() };
        if (run.EndedAt is { } end)
        {
            body["end_time"] = end.ToUnixTimeMilliseconds();
        }

        return body;
    }

    private static JsonObject Batch(string runId, string name, IEnumerable<JsonObject> entries)
        => new() { ["run_id"] = runId, [name] = new JsonArray([.. entries]) };

    private static JsonObject Entry(string key, string value) => new() { ["key"] = key, ["value"] = value };

    private static JsonValue Number(double value)
        => double.IsFinite(value) ? JsonValue.Create(value)
            : JsonValue.Create(double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");

    private string Shorten(string name, string value, int limit)
    {
        if (value.Length <= limit)
        {
            return value;
        }

        _shortened.Add(name);
        return value[..(char.IsHighSurrogate(value[limit - 1]) ? limit - 1 : limit)];
    }

    private IEnumerable<(string Name, string Value)> Tags()
    {
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in run.Tags)
        {
            tags[name] = value;
        }

        Add("mlp.code_version", run.CodeVersion);
        Add("mlp.machine", run.Environment?.Machine);
        Add("mlp.framework", run.Environment?.Framework);
        Add("mlp.operating_system", run.Environment?.OperatingSystem);
        Add("mlp.parent_run_id", run.ParentRunId);
        Add("mlp.reason", run.Reason);
        Add("mlp.models", run.Models.Count == 0 ? null : string.Join(", ", run.Models.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} version {m.Version}"))));
        return tags.Select(t => (t.Key, t.Value));

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                tags[name] = value;
            }
        }
    }
}
