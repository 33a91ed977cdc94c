using System.Text.Json.Nodes;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>
/// Copies runs to an MLflow server by its REST API. An export that was cut short is taken up by the next one, which finds the run by a tag; one that is complete is not repeated.
/// Thread-safe, except that the same run may be exported by one caller at a time.
/// </summary>
public sealed class MlflowExporter
{
    private const string Exists = "RESOURCE_ALREADY_EXISTS";
    private const string Absent = "RESOURCE_DOES_NOT_EXIST";
    private const string ProxyScheme = "mlflow-artifacts";

    private readonly MlflowClient _client;
    private readonly bool _exportArtifacts;

    /// <summary>Makes an exporter.</summary>
    /// <param name="client">Carries the requests, and whatever credentials the server wants; its base address is the root of the server. The caller disposes of it.</param>
    /// <param name="options">How often and how fast is tried again; null for the defaults.</param>
    /// <param name="timeProvider">The clock of the waits; null for the system's.</param>
    /// <exception cref="ArgumentException">The client has no base address, or an option is out of range.</exception>
    public MlflowExporter(HttpClient client, MlflowOptions? options = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        options ??= new MlflowOptions();
        OptionRanges.ThrowIfAny(options.FindFailures(), nameof(options));
        if (client.BaseAddress is null || !client.BaseAddress.AbsolutePath.EndsWith('/'))
        {
            throw new ArgumentException($"Expected a client whose base address is the root of the MLflow server and ends with '/', but found '{client.BaseAddress}'.", nameof(client));
        }

        _exportArtifacts = options.ExportArtifacts;
        _client = new MlflowClient(
            client, new MlflowOptions { MaximumAttempts = options.MaximumAttempts, RetryDelay = options.RetryDelay, ExportArtifacts = options.ExportArtifacts }, timeProvider ?? TimeProvider.System);
    }

    /// <summary>Copies a run: parameters, tags, metrics over steps, the training set's hash, artifacts and the end. One that still runs is copied as far as it was read.</summary>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Ends between requests; a later call goes on.</param>
    /// <returns>Where it went.</returns>
    /// <exception cref="MlflowException">The server refused, or could not be reached.</exception>
    /// <exception cref="Mlp.Runtime.CorruptFileException">An artifact is missing or was changed.</exception>
    public async Task<MlflowExport> ExportAsync(RunRecord run, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Id.Length == 0)
        {
            throw new ArgumentException($"Expected a run that can be read, but found: {run.Problem}", nameof(run));
        }

        var payloads = new MlflowPayloads(run);
        var experimentId = await FindOrCreateExperimentAsync(run.Experiment, cancellationToken).ConfigureAwait(false);
        var info = await FindRunAsync(experimentId, run.Id, cancellationToken).ConfigureAwait(false)
            ?? Part((await _client.PostAsync("mlflow/runs/create", payloads.Create(experimentId), null, cancellationToken).ConfigureAwait(false)).Body, "run", "info");
        var runId = Text(info, "run_id");
        if (Text(info, "status") is "RUNNING" or "SCHEDULED")
        {
            await SendContentAsync(run, payloads, runId, Text(info, "artifact_uri"), cancellationToken).ConfigureAwait(false);
        }

        return new MlflowExport(experimentId, runId, [.. payloads.Shortened]);
    }

    private async Task SendContentAsync(RunRecord run, MlflowPayloads payloads, string runId, string artifactUri, CancellationToken cancellationToken)
    {
        foreach (var batch in payloads.Batches(runId))
        {
            await _client.PostAsync("mlflow/runs/log-batch", batch, null, cancellationToken).ConfigureAwait(false);
        }

        if (payloads.Inputs(runId) is { } inputs)
        {
            await _client.PostAsync("mlflow/runs/log-inputs", inputs, null, cancellationToken).ConfigureAwait(false);
        }

        if (_exportArtifacts && run.Artifacts.Count > 0)
        {
            await UploadAsync(run, artifactUri, cancellationToken).ConfigureAwait(false);
        }

        if (payloads.End(runId) is { } end)
        {
            await _client.PostAsync("mlflow/runs/update", end, null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> FindOrCreateExperimentAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        // Somebody else may create it in between.
        var answer = await _client.PostAsync("mlflow/experiments/create", new JsonObject { ["name"] = name }, Exists, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode is null
            ? Text(answer.Body, "experiment_id")
            : await FindExperimentAsync(name, cancellationToken).ConfigureAwait(false)
                ?? throw new MlflowException($"Expected MLflow to find the experiment '{name}', which it says exists, but it found none.");
    }

    private async Task<string?> FindExperimentAsync(string name, CancellationToken cancellationToken)
    {
        var answer = await _client.GetAsync($"mlflow/experiments/get-by-name?experiment_name={Uri.EscapeDataString(name)}", Absent, cancellationToken).ConfigureAwait(false);
        return answer.ErrorCode is null ? Text(Part(answer.Body, "experiment"), "experiment_id") : null;
    }

    private async Task<JsonObject?> FindRunAsync(string experimentId, string id, CancellationToken cancellationToken)
    {
        var search = new JsonObject
        {
            ["experiment_ids"] = new JsonArray(experimentId),
            ["filter"] = $"tags.{MlflowPayloads.RunIdTag} = '{id}'",
            ["max_results"] = 1,
        };
        var answer = await _client.PostAsync("mlflow/runs/search", search, null, cancellationToken).ConfigureAwait(false);
        return answer.Body["runs"] is JsonArray { Count: > 0 } runs && runs[0] is JsonObject run ? Part(run, "info") : null;
    }

    private async Task UploadAsync(RunRecord run, string artifactUri, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(artifactUri, UriKind.Absolute, out var uri) || uri.Scheme != ProxyScheme)
        {
            throw new MlflowException(
                $"Expected an MLflow server that serves artifacts itself ({ProxyScheme}:/...), but the run's artifacts belong to '{artifactUri}'; set {nameof(MlflowOptions)}.{nameof(MlflowOptions.ExportArtifacts)} to false to leave them out.");
        }

        foreach (var artifact in run.Artifacts)
        {
            await artifact.VerifyAsync(cancellationToken).ConfigureAwait(false);
            var name = string.Join('/', artifact.Name.Split('/').Select(Uri.EscapeDataString));
            await _client.PutFileAsync($"mlflow-artifacts/artifacts/{uri.AbsolutePath.Trim('/')}/{name}", artifact.Path, cancellationToken).ConfigureAwait(false);
        }
    }

    private static JsonObject Part(JsonObject body, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            body = body[name] as JsonObject ?? throw Incomplete(name);
        }

        return body;
    }

    private static string Text(JsonObject body, string name)
        => body[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Incomplete(name);

    private static MlflowException Incomplete(string name) => new($"Expected '{name}' in the answer of the MLflow server, but found none.");
}
