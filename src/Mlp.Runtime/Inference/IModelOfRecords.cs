using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// A model as it takes and gives C# types, from <see cref="IModel.As{TFeatures, TResult}"/>. The mapping is compiled once for each version; a call allocates nothing that the types
/// themselves do not. What <see cref="IModel"/> says of versions and exceptions holds here too. Thread-safe.
/// </summary>
/// <typeparam name="TFeatures">The type whose properties are features.</typeparam>
/// <typeparam name="TResult">The type whose properties are what the model answers.</typeparam>
public interface IModel<TFeatures, TResult>
{
    /// <summary>Predicts on one record.</summary>
    /// <param name="features">The record; a null property is a feature that is Null.</param>
    /// <param name="options">The time that the features were read for, the tags and the time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">A type does not fit the version in service, or an array has another length than its input.</exception>
    TResult Predict(in TFeatures features, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts on one record; a wait for a slot holds no thread.</summary>
    /// <param name="features">The record; a null property is a feature that is Null.</param>
    /// <param name="options">The time that the features were read for, the tags and the time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">A type does not fit the version in service, or an array has another length than its input.</exception>
    ValueTask<TResult> PredictAsync(TFeatures features, PredictionOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>Predicts on records, up to 256 in one run.</summary>
    /// <param name="features">The records.</param>
    /// <param name="results">Receives one answer per record; at least as long.</param>
    /// <param name="options">The time that the features were read for, the tags and the time that the call has.</param>
    /// <param name="cancellationToken">Ends the call; the answers of parts that have run are there.</param>
    /// <exception cref="ArgumentException">There is no room for the answers, or a type does not fit the version in service.</exception>
    void Predict(ReadOnlySpan<TFeatures> features, Span<TResult> results, PredictionOptions options = default, CancellationToken cancellationToken = default);
}
