using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Mlp.Runtime.Models;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Settings in LightGBM's own words.</summary>
internal static class TreeParameters
{
    // LightGBM's names and aliases of what the options have, and of what this library decides.
    private static readonly FrozenDictionary<string, string> Reserved = new (string Setting, string Names)[]
    {
        ("set Objective", "objective objective_type app application loss num_class num_classes"),
        ("set Boosting", "boosting boosting_type boost"),
        ("set MaximumIterations", "num_iterations num_iteration n_iter num_tree num_trees num_round num_rounds nrounds num_boost_round n_estimators max_iter"),
        ("set LearningRate", "learning_rate shrinkage_rate eta"),
        ("set MaximumLeaves", "num_leaves num_leaf max_leaves max_leaf max_leaf_nodes"),
        ("set MaximumDepth", "max_depth"),
        ("set MinimumRowsInLeaf", "min_data_in_leaf min_data_per_leaf min_data min_child_samples min_samples_leaf"),
        ("set MinimumSplitGain", "min_gain_to_split min_split_gain"),
        ("set L1", "lambda_l1 reg_alpha l1_regularization"),
        ("set L2", "lambda_l2 reg_lambda lambda l2_regularization"),
        ("set FeatureFraction", "feature_fraction sub_feature colsample_bytree"),
        ("set BaggingFraction", "bagging_fraction sub_row subsample bagging"),
        ("set BaggingFrequency", "bagging_freq subsample_freq"),
        ("set MaximumBins", "max_bin max_bins"),
        ("set Alpha", "alpha"),
        ("set PositiveWeight", "scale_pos_weight is_unbalance unbalance unbalanced_sets"),
        ("set ZeroAsMissing", "zero_as_missing"),
        ("set MonotoneConstraints", "monotone_constraints mc monotone_constraint monotonic_cst"),
        ("set CategoricalFeatures", "categorical_feature cat_feature categorical_column cat_column categorical_features"),
        ("set GroupColumn", "group_column group group_id query_column query query_id"),
        ("set Metric", "metric metrics metric_types"),
        ("set EarlyStoppingPatience", "early_stopping_round early_stopping_rounds early_stopping n_iter_no_change"),
        ("set MeasuresTrainingLoss", "is_provide_training_metric train_metric training_metric is_training_metric"),
        ("RefitAsync takes it", "refit_decay_rate"),
        ("set Seed", "seed random_seed random_state"),
        ("set Threads", "num_threads num_thread nthread nthreads n_jobs"),
        ("set IsDeterministic", "deterministic force_col_wise force_row_wise"),
        ("ONNX has no operator for linear models in leaves", "linear_tree linear_trees"),
        ("the library decides it", "verbosity verbose device_type device task task_type"),
        ("the library decides it", "data train train_data data_filename train_data_file valid test test_data valid_data test_data_file valid_data_file valid_filenames"),
        ("the library decides it", "input_model model_in model_input output_model model_out model_output"),
        ("the library decides it", "label_column label weight_column weight ignore_column blacklist ignore_feature"),
        ("set Distributed", "tree_learner tree tree_type tree_learner_type machines nodes workers num_machines num_machine"),
        ("it has no effect here", "early_stopping_min_delta first_metric_only metric_freq output_freq snapshot_freq save_period saved_feature_importance_type"),
        ("it has no effect here", "config config_file header has_header two_round two_round_loading use_two_round_loading precise_float_parser parser_config_file"),
        ("it has no effect here", "save_binary is_save_binary is_save_binary_file pre_partition is_pre_partition convert_model convert_model_file convert_model_language"),
        ("it has no effect here", "output_result name_pred pred_name predict_name predict_result prediction_name prediction_result start_iteration_predict num_iteration_predict"),
        ("it has no effect here", "predict_raw_score raw_score predict_rawscore is_predict_raw_score predict_leaf_index leaf_index is_predict_leaf_index predict_contrib contrib is_predict_contrib"),
        ("it has no effect here", "predict_disable_shape_check pred_early_stop pred_early_stop_freq pred_early_stop_margin"),
        ("it has no effect here", "local_listen_port port local_port time_out machine_list_filename mlist machine_list machine_list_file"),
        ("it has no effect here", "gpu_platform_id gpu_device_id gpu_device_id_list gpu_use_dp num_gpu"),
    }.SelectMany(r => r.Names.Split(' ').Select(n => (n, r.Setting))).ToFrozenDictionary(p => p.n, p => p.Setting, StringComparer.Ordinal);

    private static readonly FrozenSet<string> EvaluatedAt = FrozenSet.Create("eval_at", "ndcg_eval_at", "ndcg_at", "map_eval_at", "map_at");

    /// <summary>The names that must not be given as text.</summary>
    internal static IReadOnlyCollection<string> ReservedNames => Reserved.Keys;

    /// <summary>Refuses parameters that this LightGBM does not know, which it would pass over without a word.</summary>
    /// <exception cref="ArgumentException">There is one.</exception>
    public static void ThrowIfUnknown(TreeOptions options)
    {
        if (options.Parameters.Keys.FirstOrDefault(k => !LightGbmParameterNames.All.ContainsKey(k)) is { } unknown)
        {
            throw new ArgumentException($"Expected {nameof(TreeOptions)}.{nameof(TreeOptions.Parameters)} to hold parameters that LightGBM knows, but found '{unknown}'.", nameof(options));
        }
    }

    /// <summary>Why a parameter must not be given as text, or null where it may.</summary>
    public static string? SettingOf(string parameter) => Reserved.GetValueOrDefault(parameter);

    /// <summary>What an objective predicts.</summary>
    public static ModelTask TaskOf(TreeObjective objective) => objective switch
    {
        TreeObjective.Binary => ModelTask.BinaryClassification,
        TreeObjective.Multiclass or TreeObjective.MulticlassOneVersusAll => ModelTask.MulticlassClassification,
        TreeObjective.LambdaRank or TreeObjective.RankXendcg => ModelTask.Ranking,
        _ => ModelTask.Regression,
    };

    /// <summary>How many threads each replica takes.</summary>
    public static int ThreadsOf(TreeOptions options) => Math.Max(1, (options.Threads == 0 ? Environment.ProcessorCount : options.Threads) / options.Distributed.Replicas);

    /// <summary>All settings as one text, but for the threads.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="encoding">The features.</param>
    /// <param name="classCount">Classes; 1 but for several.</param>
    public static string Text(TreeOptions options, TreeEncoding encoding, int classCount)
    {
        var text = new StringBuilder("verbosity=-1");
        Add("objective", NameOf(options.Objective));
        Add("boosting", options.Boosting switch { TreeBoosting.Dart => "dart", TreeBoosting.RandomForest => "rf", _ => "gbdt" });
        Add("num_class", classCount);
        Add("learning_rate", options.LearningRate);
        Add("num_leaves", options.MaximumLeaves);
        Add("max_depth", options.MaximumDepth == 0 ? -1 : options.MaximumDepth);
        Add("min_data_in_leaf", options.MinimumRowsInLeaf);
        Add("min_gain_to_split", options.MinimumSplitGain);
        Add("lambda_l1", options.L1);
        Add("lambda_l2", options.L2);
        Add("feature_fraction", options.FeatureFraction);
        Add("bagging_fraction", options.BaggingFraction);
        Add("bagging_freq", options.BaggingFraction < 1 ? options.BaggingFrequency : 0);
        Add("max_bin", options.MaximumBins);
        Add("alpha", options.Alpha);
        Add("scale_pos_weight", options.PositiveWeight);
        Add("zero_as_missing", options.ZeroAsMissing ? "true" : "false");
        Add("seed", options.Seed);
        if (options.Distributed is { WorldSize: > 1 } together)
        {
            Add("num_machines", together.WorldSize);
            Add("tree_learner", together.Learner == TreeLearner.Voting ? "voting" : "data");
        }

        if (options.IsDeterministic)
        {
            // Otherwise LightGBM decides by a measurement of time.
            Add("deterministic", "true");
            Add("force_row_wise", "true");
        }

        if (TreeOptionRules.IsRanking(options.Objective) && !options.Parameters.Keys.Any(EvaluatedAt.Contains))
        {
            // LightGBM's first would be NDCG of the first place alone.
            Add("eval_at", 10);
        }

        if (options.Metric is { } metric)
        {
            Add("metric", metric);
        }

        if (encoding.CategoryColumns.Any())
        {
            Add("categorical_feature", string.Join(',', encoding.CategoryColumns));
        }

        if (options.MonotoneConstraints.Count > 0)
        {
            Add("monotone_constraints", string.Join(',', encoding.Columns.Select(c => options.MonotoneConstraints.TryGetValue(c.Feature.Name, out var direction) ? direction : 0)));
        }

        foreach (var (key, value) in options.Parameters)
        {
            Add(key, value);
        }

        return text.ToString();

        void Add(string key, object value) => text.Append(CultureInfo.InvariantCulture, $" {key}={value}");
    }

    /// <summary>Whether a greater value of the metric that decides is better, as of AUC and NDCG.</summary>
    public static bool IsGreaterMetricBetter(TreeOptions options)
    {
        var name = options.Metric ?? (TreeOptionRules.IsRanking(options.Objective) ? "ndcg" : string.Empty);
        return name is "auc" or "auc_mu" or "average_precision" or "r2" or "ndcg" or "lambdarank" or "rank_xendcg" or "xendcg" or "map" or "mean_average_precision";
    }

    private static string NameOf(TreeObjective objective) => objective switch
    {
        TreeObjective.Binary => "binary",
        TreeObjective.Multiclass => "multiclass",
        TreeObjective.MulticlassOneVersusAll => "multiclassova",
        TreeObjective.Regression => "regression",
        TreeObjective.AbsoluteError => "regression_l1",
        TreeObjective.Huber => "huber",
        TreeObjective.Fair => "fair",
        TreeObjective.Quantile => "quantile",
        TreeObjective.AbsolutePercentageError => "mape",
        TreeObjective.Poisson => "poisson",
        TreeObjective.Gamma => "gamma",
        TreeObjective.Tweedie => "tweedie",
        TreeObjective.CrossEntropy => "cross_entropy",
        TreeObjective.CrossEntropyLambda => "cross_entropy_lambda",
        TreeObjective.LambdaRank => "lambdarank",
        TreeObjective.RankXendcg => "rank_xendcg",
        _ => throw new ArgumentOutOfRangeException(nameof(objective), objective, "Expected a known objective."),
    };
}
