using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>Writes the properties of a record into a row of features, all of whose values are Missing.</summary>
/// <typeparam name="TFeatures">The record.</typeparam>
/// <param name="record">The record.</param>
/// <param name="rows">The rows.</param>
/// <param name="row">Row index.</param>
internal delegate void RecordWriter<TFeatures>(in TFeatures record, FeatureRows rows, int row);

/// <summary>Makes a record of the answers for a row.</summary>
/// <typeparam name="TResult">The record.</typeparam>
/// <param name="prediction">The prediction.</param>
/// <param name="slot">The slot, for its outputs.</param>
/// <param name="row">Row index.</param>
internal delegate TResult RecordReader<TResult>(in Prediction prediction, InferenceSlot slot, int row);

/// <summary>What a pair of the caller's types means for one version: made at the first call with them.</summary>
/// <typeparam name="TFeatures">The features.</typeparam>
/// <typeparam name="TResult">The answer.</typeparam>
/// <param name="Version">The version.</param>
/// <param name="Write">Writes the features.</param>
/// <param name="Read">Reads the answer.</param>
/// <param name="ReadsOthers">Whether it reads outputs other than the score.</param>
internal sealed record RecordPlan<TFeatures, TResult>(ServingVersion Version, RecordWriter<TFeatures> Write, RecordReader<TResult> Read, bool ReadsOthers)
{
    /// <summary>Makes the plan.</summary>
    /// <param name="version">The version.</param>
    /// <exception cref="ArgumentException">A type does not fit the version.</exception>
    public static RecordPlan<TFeatures, TResult> Create(ServingVersion version)
    {
        var reading = new RecordResultMapping(version);
        var read = reading.Compile<TResult>();
        return new RecordPlan<TFeatures, TResult>(version, new RecordFeatureMapping(version).Compile<TFeatures>(), read, reading.ReadsOthers);
    }
}
