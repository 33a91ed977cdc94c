using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A model in service. It follows its alias: a new version takes over between two calls, and a call that has begun ends on the version it began with. Thread-safe.
/// <para>
/// Every call may throw <see cref="ModelNotReadyException"/> (no version is in service, or the one that the call would load cannot be loaded), <see cref="InferenceFailedException"/> (the engine failed),
/// <see cref="PredictionTimeoutException"/> (it took longer than its <see cref="PredictionOptions.Timeout"/>), <see cref="ModelOverloadedException"/> (too many calls wait) and
/// <see cref="OperationCanceledException"/>. Predictions of a model of task Tensors throw <see cref="InvalidOperationException"/>: it has no score. After warm-up a call allocates nothing, unless features must be waited for, all slots are taken, or a run is long
/// enough (over a millisecond) that a cancelled token is listened to and ends the run itself.
/// </para>
/// <para>
/// Applications call it and do not implement it: members are added in any version.
/// </para>
/// </summary>
public interface IModel
{
    /// <summary>Model name.</summary>
    string Name { get; }

    /// <summary>Whether it can be called.</summary>
    ModelState State { get; }

    /// <summary>The version in service; null while there is none.</summary>
    ModelManifest? Manifest { get; }

    /// <summary>How the version in service is being served; null while there is none.</summary>
    ModelDescription? Description { get; }

    /// <summary>How calls are shared out between versions at the moment, and what has become of them.</summary>
    RouteDescription Route { get; }

    /// <summary>Why no version is in service, as the rest of a sentence; null while one is.</summary>
    string? UnavailableReason { get; }

    /// <summary>
    /// Waits until a version is in service, for applications that publish and predict in one go. One that has been in service stays so until the platform is closed. A model that is loaded on
    /// first call (<see cref="ModelLoading.OnFirstCall"/>) is loaded.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. Without one a mistyped alias is waited for until it exists; <see cref="ModelReadiness.WaitUntilReadyAsync"/> takes a time.</param>
    /// <returns>A task that completes when the model can be called.</returns>
    /// <exception cref="ModelNotReadyException">The platform was closed, or the wanted version can never be served: its file is invalid or does not fit the feature service. An alias that moves on can heal that; wait again then.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the message says why the model is not ready.</exception>
    Task WaitUntilReadyAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// The model as it serves one version, whichever is in service: for a replay of what was asked, and for comparisons. The version is loaded when it is first called, and let go when others
    /// need the room (<see cref="ModelOptions.MaximumLoadedVersions"/>, <see cref="Hosting.MlPlatformOptions.MaximumLoadedModels"/>). Observers are told of its calls with variant <c>v</c> and the number.
    /// A call of it may throw <see cref="Registry.ModelNotFoundException"/> (the version is gone), <see cref="CorruptFileException"/> or <see cref="InvalidModelException"/> (it cannot be loaded) too.
    /// </summary>
    /// <param name="version">Version from 1.</param>
    /// <returns>The version; the same object each time.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The version is less than 1.</exception>
    /// <exception cref="Registry.ModelNotFoundException">There is no such version.</exception>
    IModel AtVersion(int version);

    /// <summary>Predicts for one entity and one request: reads its stored features, computes those of the request, and runs the model.</summary>
    /// <typeparam name="TKeys">
    /// A type with a property for each entity key of the feature service, of the same name (case and underscores do not count) and of type long, int, short, string, Guid or a nullable of these.
    /// </typeparam>
    /// <typeparam name="TRequest">The request type of the service's on-demand features.</typeparam>
    /// <param name="keys">The entity keys; a null one makes the features that use it Missing.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">The time that features are read for, and more; by default now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">A type does not fit the feature service, or the request is a <see cref="DateTimeOffset"/>, a <see cref="CancellationToken"/> or options.</exception>
    /// <exception cref="InvalidOperationException">The model has no feature service.</exception>
    ValueTask<Prediction> PredictAsync<TKeys, TRequest>(
        TKeys keys, TRequest request, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts for one entity from its stored features; features of a request read Missing.</summary>
    /// <typeparam name="TKeys">As in the overload with a request.</typeparam>
    /// <param name="keys">The entity keys; a null one makes the features that use it Missing.</param>
    /// <param name="options">The time that features are read for, and more; by default now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">The type does not fit the feature service.</exception>
    /// <exception cref="InvalidOperationException">The model has no feature service.</exception>
    [OverloadResolutionPriority(1)]
    ValueTask<Prediction> PredictAsync<TKeys>(TKeys keys, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts for one entity whose keys are known at run time only.</summary>
    /// <remarks>
    /// A version whose feature service has keys of other names takes the parts by position all the same, as far as their number and kinds fit: whoever changes a service's keys while this is called
    /// uses records, which are matched by name.
    /// </remarks>
    /// <param name="keys">The entity keys in ordinal order of their names, as in <see cref="FeatureServiceDescription.Keys"/>.</param>
    /// <param name="options">The time that features are read for, and more; by default now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">The number or the kinds of the keys are wrong.</exception>
    /// <exception cref="InvalidOperationException">The model has no feature service.</exception>
    [OverloadResolutionPriority(2)]
    ValueTask<Prediction> PredictAsync(ReadOnlyMemory<EntityValue> keys, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts on features that the caller brings, for models that take float32 only.</summary>
    /// <param name="features">One value per feature, in order; NaN says that there is none.</param>
    /// <param name="options">The time that the features were read for and the tags, for the log; by default now.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">The number of features is wrong.</exception>
    /// <exception cref="InvalidOperationException">The model takes other types too.</exception>
    Prediction Predict(ReadOnlySpan<float> features, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts on rows that the caller brings, into memory that the caller brings, for models that take and give float32 only.</summary>
    /// <param name="features">Shape (rows, features), row-major; NaN says that there is no value.</param>
    /// <param name="outputs">Receives the whole rows of the score output, shape (rows, columns), row-major; exactly that long, so that a wrong idea of the columns shows.</param>
    /// <param name="options">The time that the features were read for, the tags and the time that the call has.</param>
    /// <param name="cancellationToken">Ends the call; the outputs of parts that have run are there.</param>
    /// <exception cref="ArgumentException">The features are no whole rows, or the outputs are not as many as theirs.</exception>
    /// <exception cref="InvalidOperationException">The model takes or gives other types, or has no score.</exception>
    void Predict(ReadOnlySpan<float> features, Span<float> outputs, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts on features of all types that the caller brings. Rows beyond 256 run in several parts, of one version.</summary>
    /// <param name="rows">The features; their layout is that of <see cref="ModelDescription.Layout"/>. Nobody writes to them during the call.</param>
    /// <param name="results">Receives one answer per row; at least as long as there are rows.</param>
    /// <param name="options">The time that the features were read for and the tags of all rows, for the log; by default now.</param>
    /// <param name="cancellationToken">Ends the call; the answers of parts that have run are there.</param>
    /// <exception cref="ArgumentException">The layout is another one, or there is no room for the answers.</exception>
    void Predict(FeatureRows rows, Span<Prediction> results, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// The model as it takes and gives a C# type each: a class, record or struct whose properties are features, and one whose properties are what the model answers.
    /// </summary>
    /// <typeparam name="TFeatures">
    /// A type with a readable property for each feature, of the same name (case and underscores do not count; <see cref="System.ComponentModel.DataAnnotations.Schema.ColumnAttribute"/>
    /// gives another one) and of its type or one that it holds exactly. A null is a feature that is Null. An input of shape (rows, k) without described features is an array.
    /// </typeparam>
    /// <typeparam name="TResult">
    /// A type whose settable properties or constructor parameters are called like those of <see cref="Prediction"/>, like an output of the model, like a class (its probability), or
    /// <c>Probabilities</c> (all of them).
    /// </typeparam>
    /// <returns>The same model; it follows its versions too.</returns>
    /// <exception cref="ArgumentException">A version is in service and a type does not fit it.</exception>
    IModel<TFeatures, TResult> As<TFeatures, TResult>();

    /// <summary>Runs the model on named inputs, whatever their types and shapes; of a model without a score this is the way to call it. Observers are not told.</summary>
    /// <param name="inputs">The inputs; nobody changes them during the call.</param>
    /// <param name="outputs">Receives the outputs.</param>
    /// <param name="options">The time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ArgumentException">An input is missing, unknown, or has another type or shape.</exception>
    void Run(ModelInputs inputs, ModelOutputs outputs, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>As <see cref="Run"/>, but a wait for a slot holds no thread. The run itself takes place on the thread that goes on then.</summary>
    /// <param name="inputs">The inputs; nobody changes them during the call.</param>
    /// <param name="outputs">Receives the outputs.</param>
    /// <param name="options">The time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A task that completes when the outputs are there.</returns>
    /// <exception cref="ArgumentException">An input is missing, unknown, or has another type or shape.</exception>
    ValueTask RunAsync(ModelInputs inputs, ModelOutputs outputs, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Scores a table, on the caller's thread and without telling observers. Columns are found by feature name. A type is converted only where every value of it has an exact one in the
    /// feature's type: narrower integers and floats, integers of up to 16 bits for float32 and of up to 32 for float64, dictionaries of all of these. A null is a feature that is Null, or what the
    /// column <c>view__status</c> of a training set says; <see cref="ModelOptions.Nulls"/> says what the model makes of it. Answers are those of <see cref="Predict(FeatureRows, Span{Prediction}, PredictionOptions, CancellationToken)"/>
    /// bit for bit, unless a kernel serves only some numbers of rows and rounds otherwise than ONNX Runtime (<see cref="ModelDescription.Engine"/> says so).
    /// </summary>
    /// <param name="batch">A table with a column for every feature of the model; it stays the caller's, who keeps it until the call has ended.</param>
    /// <param name="options">What the result holds; null for all columns of the batch, score and class.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>
    /// The batch's columns (shared; copied where the batch was read from an Arrow file or stream, whose batches hold their columns' memory themselves), then <c>score</c> (float64), <c>predicted_class</c> (int32, -1 for regression and ranking) and what the options ask for. The metadata of its
    /// schema names model, version and hash (<see cref="BatchColumns"/>). The caller disposes of it, before or after the batch.
    /// </returns>
    /// <exception cref="ArgumentException">A column is missing, has a type that does not fit, or is already called like a result, or the options ask for what the model does not have.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    Task<RecordBatch> ScoreAsync(RecordBatch batch, ScoringOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Scores a stream of tables with the version in service when it begins, whatever takes over meanwhile: some at once
    /// (<see cref="ScoringOptions.MaxDegreeOfParallelism"/>), answers in the order of the stream. At most that many tables and as many answers are in memory.
    /// A failure, of the source too, and a cancellation end the enumeration at the next step, without the answers that wait.
    /// <para>
    /// Who owns a table: one that is passed as an argument stays the caller's; one that a stream hands out belongs to whoever reads the stream. So every table of <paramref name="batches"/> is
    /// disposed of here, also when the enumeration ends early, and every result belongs to the caller.
    /// </para>
    /// </summary>
    /// <param name="batches">The tables; they need not have one schema.</param>
    /// <param name="options">What the results hold and how many tables are scored at once.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>One result per table, as <see cref="ScoreAsync(RecordBatch, ScoringOptions?, CancellationToken)"/> describes it; the caller disposes of each.</returns>
    /// <exception cref="ArgumentException">As for one table.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    IAsyncEnumerable<RecordBatch> ScoreAsync(IAsyncEnumerable<RecordBatch> batches, ScoringOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Scores a Parquet or Arrow file with one version, whatever takes over meanwhile, in bounded memory. Answers become durable part by part in a folder <c>.output.scoring</c> beside the output, so that
    /// a run that was killed or cancelled goes on where it was when it is asked for again, with the version that it began with. The output gets its name when it is whole; nothing is overwritten.
    /// <para>
    /// A Parquet output keeps the columns of its input exactly as they are. Model, version and hash stand in the metadata of the file (<see cref="BatchColumns"/>).
    /// </para>
    /// </summary>
    /// <param name="inputPath">A Parquet file, an Arrow file or an Arrow stream, recognised by its content.</param>
    /// <param name="outputPath">Ends in <c>.parquet</c> (for a Parquet input), <c>.arrow</c>, <c>.feather</c>, <c>.ipc</c> or <c>.arrows</c> (a stream); its folder exists.</param>
    /// <param name="options">What is written; null for the defaults.</param>
    /// <param name="progress">Told after each part.</param>
    /// <param name="cancellationToken">Ends the work; what has been scored stays for the next run.</param>
    /// <returns>How many rows there are, and which version scored them.</returns>
    /// <exception cref="ArgumentException">A path is blank, or the name of the output does not say a format.</exception>
    /// <exception cref="FileScoringException">The file is missing, unreadable, cut off or does not fit the model, the output exists, or another process is at it.</exception>
    /// <exception cref="NullFeatureException">A feature has no value, and may not be without.</exception>
    /// <exception cref="MissingNativePackageException">A Parquet file, and the native library of DuckDB is not there.</exception>
    Task<FileScoringResult> ScoreFileAsync(
        string inputPath,
        string outputPath,
        FileScoringOptions? options = null,
        IProgress<FileScoringProgress>? progress = null,
        CancellationToken cancellationToken = default);
}
