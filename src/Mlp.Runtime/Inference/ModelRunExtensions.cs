using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>Calls by named inputs whose outputs are new each time.</summary>
public static class ModelRunExtensions
{
    /// <summary>Runs a model on named inputs.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">The inputs; nobody changes them during the call.</param>
    /// <param name="options">The time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The outputs.</returns>
    /// <exception cref="ArgumentException">An input is missing, unknown, or has another type or shape.</exception>
    public static ModelOutputs Run(this IModel model, ModelInputs inputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var outputs = new ModelOutputs();
        model.Run(inputs, outputs, options, cancellationToken);
        return outputs;
    }

    /// <summary>Runs a model on named inputs; a wait for a slot holds no thread.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">The inputs; nobody changes them during the call.</param>
    /// <param name="options">The time that the call has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The outputs.</returns>
    /// <exception cref="ArgumentException">An input is missing, unknown, or has another type or shape.</exception>
    public static async ValueTask<ModelOutputs> RunAsync(
        this IModel model, ModelInputs inputs, PredictionOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        var outputs = new ModelOutputs();
        await model.RunAsync(inputs, outputs, options, cancellationToken).ConfigureAwait(false);
        return outputs;
    }
}
