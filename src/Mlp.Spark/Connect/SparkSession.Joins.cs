using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Spark.Joins;

namespace Mlp.Spark.Connect;

/// <content>Training sets.</content>
public sealed partial class SparkSession
{
    /// <summary>Joins the features of a service to rows of keys and times where the data lies, so that no row sees a value from after its own time: the same training set as <c>CreateTrainingSetAsync</c> makes in this process.</summary>
    /// <param name="store">The feature store: its definitions, and the rows of views that no table is given for.</param>
    /// <param name="service">Service name.</param>
    /// <param name="entities">
    /// The rows; each comes back exactly once, in no order. Columns: the service's keys, the time, the request fields of on-demand views, and any others, such as labels.
    /// </param>
    /// <param name="timeColumn">The column with the time of each row: a timestamp with or without a zone, a date, or a bigint of microseconds.</param>
    /// <param name="options">Mode, tables, commits; null for event time and the newest commits of the offline store.</param>
    /// <returns>
    /// <c>__row</c> (unique, ascending, with gaps), the columns of the question, the features in the service's order, and of each stored view a status (tinyint) and an event time (bigint of microseconds). A vector is an
    /// <c>array&lt;float></c>.
    /// </returns>
    /// <remarks>
    /// The commits are looked up when the result is first used, and stay the same for it. What does not fit is said then, too: <see cref="Features.Joins.SpineException"/> for a column of the question,
    /// <see cref="ArgumentException"/> for a table. What is wrong with single rows ends the query.
    /// </remarks>
    /// <exception cref="FeatureDefinitionException">There is no such service.</exception>
    /// <exception cref="ArgumentException">The question is of another session, or a table is given for what is no view of the service.</exception>
    public SparkDataFrame PointInTimeJoin(FeatureStore store, string service, SparkDataFrame entities, string timeColumn, SparkJoinOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(service);
        options ??= new SparkJoinOptions();
        return PointInTimeJoin(store.Catalog.GetService(service, options.Version), store, entities, timeColumn, options);
    }

    /// <summary>Joins the features of a service to rows of keys and times from tables alone, without a feature store; see the overload with one.</summary>
    /// <param name="service">The features wanted.</param>
    /// <param name="entities">The rows; each comes back exactly once, in no order.</param>
    /// <param name="timeColumn">The column with the time of each row.</param>
    /// <param name="options">A table for every view, and the mode.</param>
    /// <returns>As with a feature store.</returns>
    /// <exception cref="ArgumentException">The question is of another session, or a table is given for what is no view of the service.</exception>
    public SparkDataFrame PointInTimeJoin(FeatureServiceDefinition service, SparkDataFrame entities, string timeColumn, SparkJoinOptions options)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        return PointInTimeJoin(service, null, entities, timeColumn, options);
    }

    private SparkDataFrame PointInTimeJoin(FeatureServiceDefinition service, FeatureStore? store, SparkDataFrame entities, string timeColumn, SparkJoinOptions options)
    {
        ArgumentNullException.ThrowIfNull(entities);
        ArgumentException.ThrowIfNullOrEmpty(timeColumn);
        if (entities.Session != this)
        {
            throw new ArgumentException("Expected rows of this session, but found a table of another.", nameof(entities));
        }

        PointInTimeSql.RequireViews(service, options.Tables.Keys, nameof(options));
        var plan = new PointInTimePlan(this, service, store, options);
        return entities.Then((rows, token) => plan.BuildAsync(rows, timeColumn, token));
    }
}
